import { rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Bytes, type Digest, digestOfFile, formatPercent, formatSize } from '../../../core/index.ts'
import { liftOnnx, type OpenedModel } from '../../../formats/index.ts'
import type { ModelConfig } from '../../../model/index.ts'
import { OptimizeError, withSteps } from '../../../optimize/index.ts'
import { clean } from '../../output/clean.ts'
import { externalName, writeModel } from '../../output/write-model.ts'
import { Helpers } from '../apart/helpers.ts'
import { type ApartOptions, peakTogether } from '../apart/start.ts'
import { MemoryBound } from '../memory/bound.ts'
import type { Compared } from './child.ts'

/** A model that has its steps and its answer inside. */
export interface StepsInside {
  readonly path: string
  readonly size: number
  readonly digest: Digest
  /** Takes decoded images, or features; absent where the model has no steps. */
  readonly input?: string
  readonly outputs: readonly string[]
  /** Beside the steps and the model apart, on made-up pictures of several sizes. */
  readonly compared: readonly Compared[]
  /** The most that the process held, or with the one that ran both, where memory was bounded. */
  readonly peak?: Bytes
}

export interface StepsRequest extends Pick<ApartOptions, 'program' | 'memory'> {
  readonly path: string
  readonly out: string
  readonly config: ModelConfig
}

/**
 * Writes the model with its steps inside, then runs both. Throws OPTIMIZE_UNSUPPORTED where what was written answers
 * otherwise, and what reading, writing and loading throw.
 */
export async function stepsInside(
  opened: OpenedModel,
  { path, out, config, ...own }: StepsRequest,
): Promise<StepsInside> {
  if (!opened.input)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `${path} is ${opened.file.format}; ONNX is what takes steps`,
      hint: '`ballast convert` makes ONNX of it first.',
    })
  const lifted = await liftOnnx(opened.input)
  try {
    const { model, input, outputs } = withSteps(lifted.model, config)
    const bound = own.memory === undefined ? undefined : new MemoryBound(own.memory, dirname(out))
    await writeModel(bound?.keep(model) ?? model, out)
    const asks = { path, out, config, input, outputs }
    const helpers = new Helpers(own)
    const comparing = helpers.do('steps', asks, 'the model with its steps').finally(() => helpers.close())
    const compared = await comparing.catch(async cause => {
      await rm(out, { force: true })
      await rm(join(dirname(out), externalName(out)), { force: true })
      throw cause
    })
    const { size } = await stat(out)
    const digest = await digestOfFile(out)
    return {
      path: out,
      size,
      digest,
      ...(input !== undefined && { input }),
      outputs,
      compared,
      ...(bound && { peak: peakTogether() }),
    }
  } finally {
    await lifted.close()
  }
}

export function describeSteps({ path, size, input, outputs, compared, peak }: StepsInside): string {
  return [
    `${clean(path)}: ${formatSize(size)}`,
    ...(input === undefined
      ? []
      : [`takes ${clean(input)}: decoded images or raw features, no steps before it`]),
    ...(outputs.length > 0 ? [`gives ${outputs.map(clean).join(', ')} beside the outputs it had`] : []),
    ...compared.map(
      ({ picture, relative, sameClass }) =>
        `${picture}: answers differ by ${formatPercent(relative)} of the largest from those with the steps beside the model` +
        (sameClass === undefined ? '' : sameClass ? ', same class' : ', ANOTHER class'),
    ),
    ...(peak === undefined ? [] : [`note: took ${formatSize(peak)} of memory at most`]),
    ...(compared.length > 0 ? ['on made-up pictures: judge it on data with `ballast evaluate`'] : []),
  ].join('\n')
}
