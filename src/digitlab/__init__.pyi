from .data import Digits as Digits, classroom as classroom, load as load, mnist as mnist
from .errors import DigitlabError as DigitlabError
from .estimator import DigitClassifier as DigitClassifier
from .evaluation import Metrics as Metrics, compute_metrics as compute_metrics
from .inspection import inspect as inspect
from .networks import (
    Network as Network,
    build as build,
    layer_table as layer_table,
    load_network as load_network,
    save_network as save_network,
)
from .pages import read as read
from .reader import predict as predict
from .runs import (
    DataConfig as DataConfig,
    Run as Run,
    TrainedModel as TrainedModel,
    evaluate as evaluate,
    export_model as export_model,
    fine_tune as fine_tune,
    open as open,
    resume as resume,
    train as train,
    train_seeds as train_seeds,
)
from .training import Examples as Examples, Recipe as Recipe, fit as fit, recipe as recipe
from .tuning import search as search
from .web.notebook_lab import lab as lab
