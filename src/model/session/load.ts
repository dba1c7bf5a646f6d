import { dirname } from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import { type ByteSource, CoreError, messageOf, openFile, type Tensor } from '../../core/index.ts'
import { checkExternalFiles, FormatsError, inspectOnnx } from '../../formats/index.ts'
import { ModelError } from '../errors.ts'
import type { ModelSession, ModelSignature, TensorSpec } from '../types.ts'
import { checkInputs } from './check.ts'
import { fromOrt, specOf, toOrt } from './values.ts'

type OrtModule = typeof import('onnxruntime-node')

export interface LoadOptions {
  /** Threads within one run; default 1. More than there are free cores makes it slower, not faster. */
  readonly threads?: number
  /** `none`: nodes are computed as they stand, none joined with others; for values between them. Default `all`. */
  readonly optimizations?: 'all' | 'none'
}

/**
 * Loads an ONNX model from a file. The native library is loaded with the first model, not with this module.
 * Its structure and its external paths are read and judged before native code sees the file.
 * Throws MODEL_UNLOADABLE with the reason.
 */
export async function loadOnnx(path: string, options: LoadOptions = {}): Promise<ModelSession> {
  await checkFile(path)
  const ort = await loadRuntime()
  let session: InferenceSession
  try {
    session = await ort.InferenceSession.create(path, {
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: options.optimizations === 'none' ? 'disabled' : 'all',
      // Threads that wait for work in a busy loop take the processor from whoever has some.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // What fails is thrown, with the same words; printed as well, whoever sends bad inputs would fill a log.
      logSeverityLevel: 4,
    })
  } catch (cause) {
    throw unloadable(path, messageOf(cause), cause)
  }
  return new OnnxSession(ort, session, signatureOf(path, session))
}

/** The native library, before there is a model for it. */
export async function loadRuntime(): Promise<OrtModule> {
  // It would report its sessions to its maker: docs/decisions/0023.
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
  return import('onnxruntime-node')
}

async function checkFile(path: string): Promise<void> {
  let source: ByteSource | undefined
  try {
    source = await openFile(path)
    await checkExternalFiles(await inspectOnnx(source), dirname(path))
  } catch (cause) {
    if (cause instanceof FormatsError || cause instanceof CoreError)
      throw unloadable(path, cause.message, cause, cause.hint)
    throw cause
  } finally {
    await source?.close()
  }
}

class OnnxSession implements ModelSession {
  readonly signature: ModelSignature
  readonly #ort: OrtModule
  #session: InferenceSession | undefined

  constructor(ort: OrtModule, session: InferenceSession, signature: ModelSignature) {
    this.#ort = ort
    this.#session = session
    this.signature = signature
  }

  async run(
    inputs: Readonly<Record<string, Tensor>>,
    outputs: readonly string[] = this.signature.outputs.map(({ name }) => name),
  ): Promise<Readonly<Record<string, Tensor>>> {
    checkInputs(this.signature, inputs)
    checkOutputs(this.signature, outputs)
    const session = this.#session
    if (!session) {
      throw new ModelError('SESSION_CLOSED', {
        message: 'The model was closed before this run',
        hint: 'Load it again.',
      })
    }
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, toOrt(this.#ort, tensor)]),
    )
    try {
      const results = await session.run(feeds, outputs)
      return Object.fromEntries(outputs.map(name => [name, fromOrt(name, results[name]!)]))
    } catch (cause) {
      if (cause instanceof ModelError) throw cause
      throw new ModelError('RUN_FAILED', {
        message: `The model failed while it ran: ${messageOf(cause)}`,
        hint: 'Check the sizes of the inputs; some shapes fail only inside the model.',
        cause,
      })
    }
  }

  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.release()
  }
}

function checkOutputs(signature: ModelSignature, outputs: readonly string[]): void {
  const unknown = outputs.find(name => !signature.outputs.some(spec => spec.name === name))
  if (unknown === undefined && outputs.length > 0) return
  throw new ModelError('PORT_UNKNOWN', {
    message: `The model has no output '${unknown ?? ''}'; it has ${signature.outputs.map(({ name }) => name).join(', ') || 'none that is a tensor'}`,
    hint: 'Ask for one of them.',
    details: { output: unknown },
  })
}

function signatureOf(path: string, session: InferenceSession): ModelSignature {
  const inputs: TensorSpec[] = []
  for (const value of session.inputMetadata) {
    const spec = specOf(value)
    if (!spec) {
      const what = value.isTensor ? `of type ${value.type}` : 'no tensor (a sequence, map or optional)'
      throw unloadable(path, `its input '${value.name}' is ${what}, which can't be given here`, undefined)
    }
    inputs.push(spec)
  }
  return { inputs, outputs: session.outputMetadata.map(specOf).filter(spec => spec !== undefined) }
}

const SUPPORT = 'Check that it is an ONNX model that the CPU runtime supports (operators, opset, types).'

function unloadable(path: string, reason: string, cause: unknown, hint: string = SUPPORT): ModelError {
  return new ModelError('MODEL_UNLOADABLE', {
    message: `Could not load ${path}: ${reason}`,
    hint,
    details: { path },
    cause,
  })
}
