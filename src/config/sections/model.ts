import { extname } from 'node:path'
import { nearestName } from '../../core/index.ts'
import { TASKS } from '../../model/index.ts'
import { type Placed, quote } from '../../pipeline/index.ts'
import { optional, required, type StructOf, struct } from '../reader/composites.ts'
import { narrowed, path } from '../reader/paths.ts'
import { byKind, placed, type Reader, refine } from '../reader/reader.ts'
import { choice, text } from '../reader/scalars.ts'
import { answer } from './answer.ts'
import { columns } from './columns.ts'
import { exportAdvice, isModelName, MODEL_ENDINGS, MODEL_PATTERN, NOT_SERVED } from './model-formats.ts'
import { preprocess } from './preprocess.ts'

/** It is part of URLs and of folder names. */
export const MODEL_NAME: RegExp = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
const named = refine(path(), (file, node, place) => {
  const why = isModelName(file) ? exportAdvice(file) : undefined
  if (why !== undefined)
    place.findings.warn(node.at, 'MODEL_FORMAT', NOT_SERVED, { found: quote(file), hint: why })
  if (isModelName(file)) return file
  const near = nearestName(extname(file), MODEL_ENDINGS)
  return place.findings.error(node.at, 'MODEL_FORMAT', 'No model has such a name', {
    expected: 'a model file such as *.onnx, *.keras, *.pkl or *.pt2, or the folder of a SavedModel',
    found: quote(file),
    hint: near ? `did you mean '${near}'?` : `one of ${MODEL_ENDINGS.join(', ')}`,
  })
})

const modelFile = narrowed(named, { pattern: MODEL_PATTERN })

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
  columns: optional(columns, 'of the tables that it takes, in the order of its features'),
  answer: optional(answer, 'how an output is told, where the defaults of the task are not meant'),
}

export type WrittenModel = Partial<StructOf<typeof fields>> & { readonly file: Placed<string> }

export const modelSection: Reader<WrittenModel> = byKind({
  scalar: refine(placed(modelFile), (file): WrittenModel => ({ file })),
  map: struct({ what: 'model', fields }),
})
