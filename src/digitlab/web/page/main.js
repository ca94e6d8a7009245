// The page: six tabs, each a module that is loaded when it is first shown.

import { openStream, useConnection } from "./api.js";
import { Component, html, render, useEffect, useRef, useState } from "./html.js";
import { linkTo, setState, useParam } from "./state.js";
import { Announcer, Busy, Failure } from "./widgets/notice.js";

const TABS = ["draw", "inside", "train", "errors", "runs", "read"];
const NAMES = { draw: "Draw", inside: "Inside", train: "Train", errors: "Errors", runs: "Runs", read: "Read" };
const CONNECTION = {
  lost: "The lab does not answer. Is digitlab lab still running in its terminal? This page goes on by itself.",
  locked: "The lab was started again. Open the address that it has printed.",
};

/** Shows the error of a tab instead of nothing. */
class Guard extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  render({ children }, { error }) {
    const again = () => this.setState({ error: null });
    return error ? html`<${Failure} error=${error} onRetry=${again} />` : children;
  }
}

/** A hook: the module of a tab, once it is loaded; or why it cannot be. */
function useTab(name) {
  const [loaded, setLoaded] = useState({});
  useEffect(() => {
    let wanted = true;
    import(`./tabs/${name}.js`).then(
      (tab) => wanted && setLoaded({ name, tab }),
      (error) => wanted && setLoaded({ name, error }),
    );
    return () => (wanted = false);
  }, [name]);
  return loaded.name === name ? loaded : {};
}

function Navigation({ current }) {
  const go = (event, tab) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a tab of the browser's own
    event.preventDefault();
    setState({ tab }, { push: true });
  };
  return html`<nav aria-label="Tabs"><ul>
    ${TABS.map(
      (tab) => html`<li key=${tab}><a href=${linkTo({ tab })} onClick=${(event) => go(event, tab)}
        aria-current=${tab === current ? "page" : null}>${NAMES[tab]}</a></li>`,
    )}
  </ul></nav>`;
}

function Tab({ name }) {
  const { tab, error } = useTab(name);
  const heading = useRef(null);
  const shown = useRef(null);
  useEffect(() => {
    if (!tab) return;
    document.title = `${tab.title} – digitlab lab`;
    if (shown.current && shown.current !== name) heading.current.focus(); // screen readers say where one is
    shown.current = name;
  }, [tab]);
  if (error) {
    const failed = { title: "This tab could not be loaded", detail: "Load the page again." };
    return html`<${Failure} error=${failed} onRetry=${() => location.reload()} />`;
  }
  return html`<h1 ref=${heading} tabindex="-1">${tab ? tab.title : NAMES[name]}</h1>
    ${tab ? html`<${Guard} key=${name}><${tab.View} /><//>` : html`<${Busy} label="Loading" />`}`;
}

function App() {
  const [wanted] = useParam("tab", TABS[0]);
  const tab = TABS.includes(wanted) ? wanted : TABS[0];
  const connection = useConnection();
  return html`
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault(); // the state of the page is behind the #
      document.getElementById("main").focus();
    }}>To the content</a>
    <header><span class="brand">digitlab <b>lab</b></span><${Navigation} current=${tab} /></header>
    <p class="connection" role="status">${CONNECTION[connection] ?? ""}</p>
    <main id="main" tabindex="-1"><${Tab} name=${tab} /></main>
    <${Announcer} />`;
}

render(html`<${App} />`, document.getElementById("app"));
openStream();
