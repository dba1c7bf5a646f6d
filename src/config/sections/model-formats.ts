import { basename, extname } from 'node:path'

/** What runtimes load. */
export const RUNNABLE_EXTENSION = '.onnx'

/** Models that become ONNX in the pipeline, where their content is what their names say. */
const CONVERTED = ['.h5', '.hdf5', '.keras', '.pb', '.tflite', '.pkl', '.pickle', '.joblib', '.pt2', '.ubj']
/**
 * Names that other files have as well: a model where ballast.yaml says so, never by convention. XGBoost and
 * TensorFlow.js, LightGBM, the folder of a SavedModel.
 */
const WEAKLY_CONVERTED = ['.json', '.txt', '']

const TORCH =
  'torch.export.save(torch.export.export(model, inputs), "model.pt2") saves its graph, which is converted'
const ARRAYS = 'arrays have no graph: name the model that they belong to'

/** Other encodings of models: inspected, scanned and versioned. This is how one gets a model that is served. */
const OTHERS: Readonly<Record<string, string>> = {
  '.pt': TORCH,
  '.pth': TORCH,
  '.ckpt': TORCH,
  '.safetensors': `weights have no graph: ${TORCH}`,
  '.gguf': 'language models in GGUF have no ONNX form yet',
}
const WEAK_OTHERS: Readonly<Record<string, string>> = {
  '.bin': TORCH,
  '.npy': ARRAYS,
  '.npz': ARRAYS,
  '.index': 'a checkpoint has no graph: save the model with tf.saved_model.save',
}

const WRAPPERS = 'gz|z|bz2|xz|lzma|zst|lz4'
const WRAPPER = new RegExp(String.raw`\.(?:${WRAPPERS})$`)
/** All endings that say that a file is a model, whatever is written elsewhere. */
export const MODEL_ENDINGS: readonly string[] = [RUNNABLE_EXTENSION, ...CONVERTED, ...Object.keys(OTHERS)]
const ENDINGS = [...MODEL_ENDINGS, ...WEAKLY_CONVERTED, ...Object.keys(WEAK_OTHERS)].filter(
  ending => ending !== '',
)
/** The names that a model may have, as a regular expression: an ending from above, or none, wrapped or not. */
export const MODEL_PATTERN: string = String.raw`((${ENDINGS.join('|').replaceAll('.', String.raw`\.`)})|(^|/)[^./]+)(\.(${WRAPPERS}))?$`

/** Whether a runtime loads a file of that name as it is. */
export function isRunnable(file: string): boolean {
  return file.endsWith(RUNNABLE_EXTENSION)
}

/** Whether a model of that name is converted on its way. */
export function isConverted(file: string, weak = true): boolean {
  const ending = endingOf(file)
  return CONVERTED.includes(ending) || (weak && WEAKLY_CONVERTED.includes(ending))
}

/** Told where a file names a model that can't be served, and at its deployment. */
export const NOT_SERVED = 'Models of this format are scanned, inspected and versioned, and not served'

/** How a model that is not served becomes one that is; undefined for those that are, and for names that no model has. */
export function exportAdvice(file: string, weak = true): string | undefined {
  const ending = endingOf(file)
  if (Object.hasOwn(OTHERS, ending)) return OTHERS[ending]
  return weak && Object.hasOwn(WEAK_OTHERS, ending) ? WEAK_OTHERS[ending] : undefined
}

/** Whether a file of that name may be a model. */
export function isModelName(file: string, weak = true): boolean {
  return isRunnable(file) || isConverted(file, weak) || exportAdvice(file, weak) !== undefined
}

/** Why no environment can serve a model that is pushed under that name; undefined where one can. */
export function whyNotServed(file: string): string | undefined {
  if (isRunnable(file) || isConverted(file)) return undefined
  const advice = exportAdvice(file)
  return `${NOT_SERVED}: ${file}${advice ? ` (${advice})` : ''}`
}

/** Why a version whose files have these names can't be served. */
export function whyVersionNotServed(names: readonly string[]): string | undefined {
  const file = modelFileAmong(names) ?? ''
  if (isRunnable(file)) return undefined
  return whyNotServed(file) ?? `it has no ONNX form beside ${file}; push it again, and it is converted`
}

/**
 * Which of a version's files is the model; the others belong to it. A manifest lists them by name, so the first may
 * be any of them.
 *
 *   a.data, model.onnx             -> model.onnx
 *   fingerprint.pb, saved_model.pb -> saved_model.pb
 */
export function modelFileAmong(names: readonly string[]): string | undefined {
  const runnable = names.filter(isRunnable)
  const named = (wanted: string) => (name: string) => basename(name) === wanted
  return (
    runnable.find(named('model.onnx')) ??
    runnable[0] ??
    names.find(named('saved_model.pb')) ??
    names.find(name => isModelName(name, false)) ??
    names[0]
  )
}

/**
 * Where samples of a model are looked for unless its file says where.
 *
 *   net/model.pkl.gz -> net/model.samples.npz
 *   export           -> export.samples.npz
 */
export function samplesBeside(file: string): string {
  const name = basename(file)
  const stem = /^\.?[^.]+/.exec(name)?.[0] ?? name
  return `${file.slice(0, file.length - name.length)}${stem}.samples.npz`
}

function endingOf(file: string): string {
  return extname(file.replace(WRAPPER, ''))
}
