// A picture of gray pixels on a canvas, as large as its place, with words for who does not see it.

import { html, useEffect, useRef } from "../html.js";

/** `array`: `{data, shape}` of bytes, 0 = black, 255 = white; null for nothing. */
export function PixelImage({ array, label }) {
  const canvas = useRef(null);
  useEffect(() => {
    const context = canvas.current.getContext("2d");
    if (!array) {
      canvas.current.width = canvas.current.height = 1;
      context.clearRect(0, 0, 1, 1);
      return;
    }
    const [height, width] = array.shape;
    canvas.current.width = width;
    canvas.current.height = height;
    const image = new ImageData(width, height);
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (array.data[i] * 0x010101);
    context.putImageData(image, 0, 0);
  }, [array]);
  const size = array ? `${array.shape[1]} by ${array.shape[0]} pixels` : "nothing yet";
  return html`<canvas class="pixels picture" ref=${canvas} role="img" aria-label=${`${label}: ${size}`}
    data-size=${array ? array.shape.join("x") : ""} />`;
}
