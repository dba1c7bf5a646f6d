import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import {
  type Conversion,
  ConvertError,
  type ConvertOptions,
  checkParity,
  converterOf,
  type Parity,
  readSamples,
  type SourceMapping,
  uncheckedParity,
} from '../../convert/index.ts'
import { type Digest, digestOfFile, openFile } from '../../core/index.ts'
import type { OpenedModel } from '../../formats/index.ts'
import { externalName, writeModel } from '../output/write-model.ts'
import { openConverted } from './session.ts'

export interface ConvertRequest extends ConvertOptions {
  /** Where the ONNX file goes; what does not fit in it goes to `<name>.data` beside it. */
  readonly out: string
  /** A .npz file with inputs and the original's answers. */
  readonly samples?: { readonly path: string; readonly name: string }
  /** The largest relative difference of floating-point answers. */
  readonly tolerance?: number
  readonly say?: (line: string) => void
}

export interface ConvertedFile {
  readonly path: string
  readonly size: number
  readonly digest: Digest
}

export interface Converted {
  readonly format: string
  /** What the original is: `RandomForestClassifier`, `Functional 'resnet50'`. */
  readonly what?: string
  /** Of the ONNX file and of the data beside it. */
  readonly files: readonly ConvertedFile[]
  readonly nodes: number
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Of a classifier: the output with a score for each class, and the classes. */
  readonly scores?: string
  readonly classes?: readonly string[]
  readonly notes: readonly string[]
  readonly mapping: readonly SourceMapping[]
  readonly parity: Parity
}

/**
 * Converts an opened model that was found safe, and checks it: nothing of the original runs. Throws ConvertError, what
 * readers and writers throw, and MODEL_UNLOADABLE where the runtime refuses the result.
 */
export async function convertModel(model: OpenedModel, request: ConvertRequest): Promise<Converted> {
  const { format, what } = model.file
  if (format === 'onnx')
    throw new ConvertError('CONVERT_FORMAT', {
      message: `${model.file.name} is in ONNX already`,
      hint: 'It is served as it is.',
    })
  const { out, say } = request
  smallYoungGeneration()
  const converter = await converterOf(format)
  const conversion = await converter(
    model,
    request.signature === undefined ? {} : { signature: request.signature },
  )
  const { graph } = conversion.model
  say?.(`${format}: ${graph.nodes.length} nodes of ONNX`)
  const written = await writeModel(conversion.model, out).finally(() => conversion.close?.())
  const parity = await parityOf(request, conversion.steps)
  const data = join(dirname(out), externalName(out))
  const paths = written.externalBytes > 0 ? [out, data] : [out]
  return {
    format,
    ...(what !== undefined && { what }),
    files: await Promise.all(paths.map(fileAt)),
    nodes: graph.nodes.length,
    inputs: graph.inputs.map(({ name }) => name),
    outputs: graph.outputs.map(({ name }) => name),
    ...(conversion.scores !== undefined && { scores: conversion.scores }),
    ...(conversion.classes && { classes: conversion.classes }),
    notes: conversion.notes,
    mapping: conversion.mapping,
    parity,
  }
}

/**
 * Graphs are made of many short-lived objects, and V8 would take more memory for them each time they survive: a 35 MB
 * model took 235 MB instead of 158, in the same time (`node bench/convert/memory.ts`).
 */
function smallYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

async function fileAt(path: string): Promise<ConvertedFile> {
  return { path, size: (await stat(path)).size, digest: await digestOfFile(path) }
}

async function parityOf(
  { out, samples, tolerance, say }: ConvertRequest,
  steps: Conversion['steps'],
): Promise<Parity> {
  const session = await openConverted(out)
  try {
    if (samples === undefined) return uncheckedParity(session)
    const source = await openFile(samples.path)
    try {
      const read = await readSamples(source, samples.name, await digestOfFile(samples.path), session)
      return await checkParity(session, read, {
        ...(tolerance !== undefined && { tolerance }),
        ...(steps && { steps }),
        ...(say && { onProgress: progressLine(say) }),
      })
    } finally {
      await source.close()
    }
  } finally {
    await session.close()
  }
}

/** Not every batch is news. */
function progressLine(say: (line: string) => void): (done: number, rows: number) => void {
  let told = performance.now()
  return (done, rows) => {
    if (done < rows && performance.now() - told < 1000) return
    told = performance.now()
    say(`parity: ${done} of ${rows} samples`)
  }
}
