/* A word that something went well: said once, gone by itself, never in the way. */
import { $, write } from "./dom.js";

const SHOWN_MS = 6000;
let timer = null;

export function toast(words) {
  clearTimeout(timer);
  write($("#toast"), words);
  timer = setTimeout(() => write($("#toast"), ""), SHOWN_MS);
}
