// What the tab Inside asks the server: layers for the drawing as it changes, attributions, accuracy.

import { latestWins, postBytes, readArrays, request } from "../api.js";
import { useEffect, useRef, useState } from "../html.js";
import { pad, perFrame, toGray } from "./drawing.js";

const RETRY_MS = 1000; // until a network that is being loaded is asked again

/** The layers as they are shown: the input first; the layer that only adds an axis is the same numbers. */
function shownLayers({ layers, arrays }) {
  const { input, ...rest } = arrays;
  const ink = { data: Float32Array.from(input.data, (value) => value / 255), shape: input.shape };
  const first = { name: "image", kind: "Input", shape: input.shape, maker: null };
  const others = layers.filter((layer) => layer.kind !== "Unsqueeze");
  return { layers: [first, ...others], arrays: { ...rest, image: ink }, input: input.data };
}

/** A hook: everything inside the network for the drawing, as it changes. */
export function useInside(model, without, off) {
  const [result, setResult] = useState(null);
  const [error, setError] = useState(null);
  const asked = useRef({});
  asked.current = { model, without, off };
  const [{ ask, leave }] = useState(() => {
    let again = 0;
    let left = false;
    const send = latestWins(async () => {
      if (left) return;
      const { model, without, off } = asked.current;
      const { pixels, side } = toGray(pad.drawing);
      const query = { model, width: side, height: side, without: without || null, off: off || null };
      clearTimeout(again);
      try {
        const found = await readArrays(await postBytes("/api/inside/layers", pixels, query));
        setError(null);
        setResult({ ...found, ...shownLayers(found), model });
      } catch (problem) {
        if (!left && problem.status === 503) again = setTimeout(ask, RETRY_MS);
        setError(problem);
      }
    });
    const ask = perFrame(send);
    const leave = () => {
      left = true;
      clearTimeout(again);
    };
    return { ask, leave };
  });
  useEffect(() => {
    const end = pad.subscribe(ask);
    return () => (end(), leave());
  }, []);
  useEffect(ask, [model, without, off]);
  return { result: result?.model === model ? result : null, error, ask };
}

/** A hook: the attribution that is laid over the drawing. */
export function useAttribution(model, method, digit, input, off) {
  const [found, setFound] = useState(null);
  const [send] = useState(() => latestWins(async (query, body, deliver) => {
    try {
      deliver((await readArrays(await postBytes("/api/inside/attribution", body, query))).arrays.values.data);
    } catch {
      deliver(null); // the layers tell what is wrong
    }
  }));
  useEffect(() => {
    if (!method || digit === null || !input) {
      setFound(null);
      return undefined;
    }
    let wanted = true;
    send({ model, method, digit, off: off || null }, input, (values) => wanted && setFound(values));
    return () => (wanted = false);
  }, [model, method, digit, input, off]);
  return method ? found : null;
}

/** A hook: the accuracy with units off; `undefined` while it is counted. */
export function useAccuracy(model, off) {
  const [found, setFound] = useState(null);
  const [send] = useState(() => latestWins(async (model, off, deliver) => {
    try {
      deliver(await (await request("/api/inside/accuracy", { method: "POST", query: { model, off } })).json());
    } catch (error) {
      deliver({ error });
    }
  }));
  useEffect(() => {
    if (!off) {
      setFound(null);
      return undefined;
    }
    let wanted = true;
    setFound(undefined);
    send(model, off, (answer) => wanted && setFound(answer));
    return () => (wanted = false);
  }, [model, off]);
  return found;
}
