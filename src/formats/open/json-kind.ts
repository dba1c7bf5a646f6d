import type { Detected } from './detected.ts'

/** Parts that an index of Keras or PyTorch names, in the form of safetensors' own. */
const KERAS_SHARD = /\.weights\.h5"/
const PYTORCH_SHARD = /\.(?:bin|pth?)"/

/** A manifest of TF.js' weights that stands alone. */
const MANIFEST = /^\[\s*\{\s*"(?:weights|paths)"\s*:\s*\[/

/** Which model a JSON document is, by the members of its outermost object that begin in `head`. */
export function jsonKind(head: Uint8Array): Detected | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('utf8').trimStart()
  if (MANIFEST.test(text)) return 'tfjs-graph'
  if (!text.startsWith('{')) return undefined
  const keys = topLevelKeys(text)
  if (keys.has('weight_map')) {
    if (KERAS_SHARD.test(text)) return 'keras-shards'
    return PYTORCH_SHARD.test(text) ? 'pytorch-shards' : 'safetensors'
  }
  if (keys.has('learner')) return 'xgboost-json'
  if (keys.has('modelTopology') || keys.has('weightsManifest')) {
    const layers = /"format"\s*:\s*"layers-model"/.test(text) || /"model_config"\s*:/.test(text)
    return layers ? 'tfjs-layers' : 'tfjs-graph'
  }
  return undefined
}

/** Keys at depth 1, found by counting brackets outside strings; the text may end anywhere. */
export function topLevelKeys(text: string): ReadonlySet<string> {
  const keys = new Set<string>()
  // A string with its escapes, or one bracket; one pass, no backtracking.
  const token = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/gs
  let depth = 0
  for (const [all, text_, colon] of text.matchAll(token)) {
    if (text_ !== undefined) {
      if (depth === 1 && colon !== undefined) keys.add(text_)
    } else depth += all === '{' || all === '[' ? 1 : -1
  }
  return keys
}
