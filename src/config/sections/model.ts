import { extname } from 'node:path'
import { TASKS } from '../../model/index.ts'
import { optional, required, type StructOf, struct } from '../reader/composites.ts'
import { narrowed, path } from '../reader/paths.ts'
import { byKind, type Placed, placed, type Reader, refine } from '../reader/reader.ts'
import { choice, text } from '../reader/scalars.ts'
import { quote } from '../yaml/located.ts'
import { preprocess } from './preprocess.ts'

/** It is part of URLs and of folder names. */
export const MODEL_NAME: RegExp = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
export const MODEL_EXTENSION = '.onnx'

/** Other encodings of models, and how one gets ONNX out of them. */
export const OTHER_FORMATS: Readonly<Record<string, string>> = {
  '.h5': 'export it with tf2onnx',
  '.keras': 'export it with tf2onnx',
  '.pb': 'export it with tf2onnx',
  '.tflite': 'export it with tf2onnx',
  '.pkl': 'export it with skl2onnx',
  '.joblib': 'export it with skl2onnx',
  '.pt': 'export it with torch.onnx.export',
  '.pt2': 'export it with torch.onnx.export',
  '.pth': 'export it with torch.onnx.export',
  '.safetensors': 'export the model it belongs to with optimum or torch.onnx.export',
  '.gguf': 'language models in GGUF have no ONNX form yet',
}

const modelFile = narrowed(
  refine(path(), (file, node, place) => {
    if (file.endsWith(MODEL_EXTENSION)) return file
    const extension = extname(file)
    const way = Object.hasOwn(OTHER_FORMATS, extension)
      ? OTHER_FORMATS[extension]!
      : 'export the model to ONNX'
    const facts = { expected: `a file *${MODEL_EXTENSION}`, found: quote(file), hint: way }
    return place.findings.error(node.at, 'MODEL_FORMAT', 'This release serves models in ONNX', facts)
  }),
  { pattern: String.raw`\.onnx$` },
)

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
