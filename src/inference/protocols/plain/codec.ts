import { headerOf } from '../../frames/index.ts'
import type { Codec, InferenceCall, ServedModel } from '../codec.ts'
import { oip } from '../oip/codec.ts'
import { refuse } from '../refuse.ts'
import { csvReader } from './csv.ts'
import type { Content, Examples, ReadExamples } from './examples.ts'
import { fileOfForm } from './form.ts'
import { readImage } from './images.ts'
import { readJson, readLines } from './json.ts'
import { contentOf, type Kind, kindOf } from './kinds.ts'
import { outputsOf } from './outputs.ts'
import { replyOf } from './reply.ts'
import { tableOf, textColumnOf } from './tables.ts'
import { readText } from './text.ts'

const READERS: Readonly<Record<Exclude<Kind, 'form' | 'unknown'>, ReadExamples>> = {
  image: readImage,
  npy: async (content, model) => (await import('./npy.ts')).readNpyBody(content, model),
  csv: csvReader(','),
  tsv: csvReader('\t'),
  text: readText,
  ndjson: readLines,
  json: readJson,
}

/** What a person has at hand, answered in the words of the model's task. */
export const plain: Codec = {
  ...oip,
  read(body, headers, model) {
    if (isInferRequest(body, headers, model)) return oip.read(body, headers, model)
    const accept = headerOf(headers, 'accept')
    const examples = examplesOf(contentOf(body, headerOf(headers, 'content-type')), model)
    return examples instanceof Promise
      ? examples.then(read => callOf(read, accept, model))
      : callOf(examples, accept, model)
  },
}

function callOf(
  { inputs, count, listed }: Examples,
  accept: string | undefined,
  model: ServedModel,
): InferenceCall {
  const { main, beside, compute } = outputsOf(model)
  return {
    inputs,
    outputs: compute,
    encode: outputs => replyOf(model, { outputs, main, beside, count, listed, accept }),
  }
}

function examplesOf(content: Content, model: ServedModel): Examples | Promise<Examples> {
  const kind = kindOf(content)
  if (kind === 'form') {
    const file = fileOfForm(content.bytes, content.header!)
    if (kindOf(file) === 'form') throw refuse('A form within a form is not read', 'Send one file.')
    return examplesOf(file, model)
  }
  return READERS[kind === 'unknown' ? guess(content, model) : kind](content, model)
}

/** A body that says nothing of itself is what the model takes. */
function guess({ type }: Content, model: ServedModel): 'image' | 'text' | 'csv' {
  if (type !== undefined)
    throw refuse(
      `Nothing is predicted from ${type.slice(0, 100)}`,
      'Send an image, text/plain, text/csv, application/json, application/x-ndjson, a .npy file, or a form with one of these.',
    )
  if (model.preprocessor.takesImages) return 'image'
  return textColumnOf(tableOf(model)) === undefined ? 'csv' : 'text'
}

const FIRST_KEY = /^\s*\{\s*"(inputs|id|parameters|outputs)"\s*:/

/** `{"inputs": [{"name": …` is the Open Inference Protocol's, unless a column is called so. */
function isInferRequest(body: Buffer, headers: string, { config }: ServedModel): boolean {
  if (headerOf(headers, 'inference-header-content-length') !== undefined) return true
  const key = FIRST_KEY.exec(body.toString('latin1', 0, 256))?.[1]
  if (key === undefined || config.columns?.some(({ name }) => name === 'inputs') === true) return false
  return key === 'inputs' || body.includes('"inputs"')
}
