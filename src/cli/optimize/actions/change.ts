import { BallastError } from '../../../core/index.ts'
import { openModel } from '../../../formats/index.ts'
import type { Change } from '../../../optimize/index.ts'
import { print } from '../../output/print.ts'
import { started } from '../apart/start.ts'
import type { Calibrate } from '../calibration/calibrator.ts'
import { describeOptimized } from '../describe.ts'
import { optimizeModel } from '../optimize.ts'
import { measureOf } from './measure.ts'
import type { Options } from './options.ts'

/** One change, as the options say it. */
export async function change(path: string, options: Options): Promise<void> {
  const wanted = changeOf(options)
  const say =
    options.json || !process.stderr.isTTY ? undefined : (line: string) => process.stderr.write(`${line}\n`)
  const model = await openModel(path)
  const calibrate = wanted.kind === 'int8-static' ? await calibratorFor(options, say) : undefined
  try {
    const optimized = await optimizeModel(model, {
      path,
      out: options.output,
      change: wanted,
      keep: new Set(options.keep),
      simplify: options.simplify ?? false,
      constantInputs: options.constantInputs ?? false,
      ...(calibrate && { calibrate }),
      ...(options.measure && options.maxMemory === undefined && { measure: measureOf(options) }),
      ...(options.maxMemory !== undefined && { memory: options.maxMemory }),
      ...(say && { say }),
    })
    print(optimized, options.json, describeOptimized)
  } finally {
    await model.close()
  }
}

/** What runs the model on data: loaded where a change needs it. */
async function calibratorFor(
  { folder, data, maxMemory: memory }: Options,
  say: ((line: string) => void) | undefined,
): Promise<Calibrate> {
  const [{ calibratorOf }, { calibrationData }] = await Promise.all([
    import('../calibration/calibrator.ts'),
    import('../calibration/data.ts'),
  ])
  return calibratorOf({
    ...(await calibrationData(folder, data)),
    program: started(),
    ...(memory !== undefined && { memory }),
    ...(say && { say }),
  })
}

/** Which of the changes was asked for, by its option. */
const ASKED: readonly (readonly [keyof Options, (options: Options) => Change])[] = [
  [
    'int8',
    ({ uint8, perChannel, reduceRange = false }) => ({
      kind: 'int8',
      dtype: uint8 ? 'uint8' : 'int8',
      perChannel,
      reduced: reduceRange,
    }),
  ],
  [
    'int8Static',
    ({ uint8, perChannel, reduceRange = false, symmetric = false, calibrate, samples }) => ({
      kind: 'int8-static',
      activations: { dtype: symmetric ? 'int8' : 'uint8', symmetric },
      weights: { dtype: uint8 ? 'uint8' : 'int8', reduced: reduceRange },
      perChannel,
      calibrate,
      samples,
    }),
  ],
  ['int8Blocks', options => blocksOf(8, options)],
  ['int4', options => blocksOf(4, options)],
  ['fp16', () => ({ kind: 'fp16' })],
  ['fp16Weights', () => ({ kind: 'storage', dtype: 'float16' })],
  ['bf16Weights', () => ({ kind: 'storage', dtype: 'bfloat16' })],
]

function blocksOf(bits: 4 | 8, { block, asymmetric = false, accuracyLevel }: Options): Change {
  return { kind: 'blocks', bits, size: block, asymmetric, accuracyLevel }
}

function changeOf(options: Options): Change {
  const asked = ASKED.filter(([option]) => options[option])
  if (asked.length === 1) return asked[0]![1](options)
  if (asked.length === 0 && options.simplify) return { kind: 'simplify' }
  throw new BallastError('ARGUMENT_MISSING', {
    message:
      'Name one change: --simplify, --int8, --int8-static, --int8-blocks, --int4, --fp16, --fp16-weights, --bf16-weights, or --auto',
    hint: '--int8 is the one that makes most models faster on CPUs.',
  })
}
