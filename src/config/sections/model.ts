import { basename, extname } from 'node:path'
import { nearestName } from '../../core/index.ts'
import { TASKS } from '../../model/index.ts'
import { type Placed, quote } from '../../pipeline/index.ts'
import { optional, required, type StructOf, struct } from '../reader/composites.ts'
import { narrowed, path } from '../reader/paths.ts'
import { byKind, placed, type Reader, refine } from '../reader/reader.ts'
import { choice, text } from '../reader/scalars.ts'
import { preprocess } from './preprocess.ts'

/** It is part of URLs and of folder names. */
export const MODEL_NAME: RegExp = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
/** What this release can run. */
export const RUNNABLE_EXTENSION = '.onnx'

/**
 * Other encodings of models: inspected, scanned and versioned. Until they are converted here, this is how one gets
 * ONNX out of them.
 */
export const OTHER_FORMATS: Readonly<Record<string, string>> = {
  '.h5': 'tf2onnx exports it',
  '.hdf5': 'tf2onnx exports it',
  '.keras': 'tf2onnx exports it',
  '.pb': 'tf2onnx exports it',
  '.tflite': 'tf2onnx exports it',
  '.pkl': 'skl2onnx exports it',
  '.pickle': 'skl2onnx exports it',
  '.joblib': 'skl2onnx exports it',
  '.pt': 'torch.onnx.export exports it',
  '.pt2': 'torch.onnx.export exports it',
  '.pth': 'torch.onnx.export exports it',
  '.ckpt': 'torch.onnx.export exports it',
  '.safetensors': 'optimum or torch.onnx.export exports the model it belongs to',
  '.gguf': 'language models in GGUF have no ONNX form yet',
  '.ubj': 'onnxmltools exports it',
}
/** Names that other files have as well: a model where ballast.yaml says so, never by convention. */
const WEAK_EXTENSIONS: Readonly<Record<string, string>> = {
  '.json': 'onnxmltools exports XGBoost models, tf2onnx those of TensorFlow.js',
  '.txt': 'onnxmltools exports LightGBM models',
  '.bin': 'torch.onnx.export exports it',
  '.npy': 'arrays have no graph; export the model that they belong to',
  '.npz': 'arrays have no graph; export the model that they belong to',
  '.index': 'tf2onnx exports it',
  '': 'tf2onnx exports a SavedModel',
}
const WRAPPERS = 'gz|z|bz2|xz|lzma|zst|lz4'
const WRAPPER = new RegExp(String.raw`\.(?:${WRAPPERS})$`)
/** Schema of the names that `exportAdvice` and `isRunnable` take. */
const ENDINGS = [RUNNABLE_EXTENSION, ...Object.keys(OTHER_FORMATS), ...Object.keys(WEAK_EXTENSIONS)]
const PATTERN = String.raw`((${ENDINGS.filter(ending => ending !== '')
  .join('|')
  .replaceAll('.', String.raw`\.`)})|(^|/)[^./]+)(\.(${WRAPPERS}))?$`

/** Whether this release can run and serve a model of that name. */
export function isRunnable(file: string): boolean {
  return file.endsWith(RUNNABLE_EXTENSION)
}

/** How a model of another format becomes ONNX; undefined for names that no model has. */
export function exportAdvice(file: string, weak = true): string | undefined {
  const extension = extname(file.replace(WRAPPER, ''))
  if (Object.hasOwn(OTHER_FORMATS, extension)) return OTHER_FORMATS[extension]
  return weak && Object.hasOwn(WEAK_EXTENSIONS, extension) ? WEAK_EXTENSIONS[extension] : undefined
}

/** Told where a file names a model of another format, and at its deployment. */
export const NOT_SERVED = 'This release serves models in ONNX; others are scanned, inspected and versioned'

/** Why no environment can serve a model of that name; undefined where one can. */
export function whyNotServed(file: string): string | undefined {
  if (isRunnable(file)) return undefined
  const advice = exportAdvice(file)
  return `${NOT_SERVED}: ${file}${advice ? ` (${advice})` : ''}`
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
    names.find(name => exportAdvice(name, false) !== undefined) ??
    names[0]
  )
}

const named = refine(path(), (file, node, place) => {
  if (isRunnable(file)) return file
  const advice = exportAdvice(file)
  if (advice !== undefined) {
    place.findings.warn(node.at, 'MODEL_FORMAT', NOT_SERVED, { found: quote(file), hint: advice })
    return file
  }
  const endings = [RUNNABLE_EXTENSION, ...Object.keys(OTHER_FORMATS)]
  const near = nearestName(extname(file), endings)
  return place.findings.error(node.at, 'MODEL_FORMAT', 'No model has such a name', {
    expected: 'a model file such as *.onnx, *.keras, *.pkl or *.pt, or the folder of a SavedModel',
    found: quote(file),
    hint: near ? `did you mean '${near}'?` : `one of ${endings.join(', ')}`,
  })
})

const modelFile = narrowed(named, { pattern: PATTERN })

const tensorName = text({ expected: 'the name of a tensor', maxLength: 200 })

const fields = {
  file: required(placed(modelFile), 'the model, a path in the repository'),
  name: optional(
    text({ expected: "letters, digits, '.', '_' and '-', 63 at most", pattern: MODEL_NAME, maxLength: 63 }),
    'what the model is called; default: the name of its project, else of the file',
  ),
  task: optional(choice(TASKS), 'what the model does: chooses metrics and how it is shown'),
  labels: optional(placed(path()), 'a text file with the name of a class a line'),
  preprocess: optional(preprocess, 'from the bytes of an image to the input of the model', []),
  input: optional(tensorName, 'the input that takes the preprocessed tensor; default: the only one'),
  output: optional(tensorName, 'the output that holds scores or values; default: the first'),
}

export type WrittenModel = Partial<StructOf<typeof fields>> & { readonly file: Placed<string> }

export const modelSection: Reader<WrittenModel> = byKind({
  scalar: refine(placed(modelFile), (file): WrittenModel => ({ file })),
  map: struct({ what: 'model', fields }),
})
