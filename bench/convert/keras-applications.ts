/**
 * Keras' image applications, with random weights: converted, held to Keras' own answers, and timed for one image side by
 * side with TensorFlow's CPU on the same machine (model.predict, and a compiled tf.function).
 *
 *   node bench/convert/keras-applications.ts [NAME…]
 *
 * BALLAST_PYTHON names a Python that has keras and tensorflow (default python3).
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatSize } from '../../src/core/index.ts'

const run = promisify(execFile)
const HERE = join(import.meta.dirname, 'keras-applications')
const TOLERANCE = 1e-4
/** What a conversion may take: 0.2 of the model's size and 200 MB. */
const bound = (size: number): number => 0.2 * size + 200e6

const APPLICATIONS =
  'MobileNet MobileNetV2 MobileNetV3Small MobileNetV3Large NASNetMobile EfficientNetB0 EfficientNetB1 EfficientNetB2 ' +
  'EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7 EfficientNetV2B0 EfficientNetV2B1 ' +
  'EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2S EfficientNetV2M EfficientNetV2L DenseNet121 DenseNet169 ' +
  'DenseNet201 ResNet50 ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2 InceptionV3 InceptionResNetV2 Xception ' +
  'NASNetLarge VGG16 VGG19 ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge'

interface Made {
  readonly parameters: number
  readonly predict: number
  readonly compiled: number
}

interface Conversion {
  readonly milliseconds: number
  readonly peak: number
  readonly nodes: number
  readonly size: number
}

interface Run {
  readonly milliseconds: number
  readonly absolute: number
  readonly relative: number
}

async function step<T>(command: string, ...args: string[]): Promise<T> {
  const { stdout } = await run(command, args, { maxBuffer: 2 ** 24 })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T
}

async function measure(name: string): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-keras-'))
  try {
    const child = join(HERE, 'child.ts')
    const made = await step<Made>(
      process.env['BALLAST_PYTHON'] ?? 'python3',
      join(HERE, 'make.py'),
      name,
      folder,
    )
    const converted = await step<Conversion>(process.execPath, child, 'convert', folder)
    const ran = await step<Run>(process.execPath, child, 'run', folder)
    print(name, made, converted, ran)
    return ran.relative < TOLERANCE && converted.peak < bound(converted.size)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function print(name: string, made: Made, converted: Conversion, ran: Run): void {
  const columns = [
    `${(made.parameters / 1e6).toFixed(1)} M`,
    `${(converted.milliseconds / 1000).toFixed(1)} s`,
    formatSize(converted.peak),
    `${(converted.peak / bound(converted.size)).toFixed(2)}`,
    `${converted.nodes}`,
    ran.relative.toExponential(1),
    `${ran.milliseconds.toFixed(1)} ms`,
    `${made.compiled.toFixed(1)} ms`,
    `${(made.compiled / ran.milliseconds).toFixed(2)} ×`,
    `${made.predict.toFixed(1)} ms`,
    `${(made.predict / ran.milliseconds).toFixed(2)} ×`,
  ]
  console.log(name.padEnd(18), columns.map(column => column.padStart(9)).join(' '))
}

const HEADS = 'weights,convert,peak,of bound,nodes,rel. err.,ours,compiled,ratio,predict,ratio'
console.log(
  ''.padEnd(18),
  HEADS.split(',')
    .map(head => head.padStart(9))
    .join(' '),
)
const names = process.argv.length > 2 ? process.argv.slice(2) : APPLICATIONS.split(' ')
const failed: string[] = []
for (const name of names) {
  try {
    if (!(await measure(name))) failed.push(name)
  } catch (error) {
    failed.push(name)
    console.log(
      name.padEnd(18),
      error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : error,
    )
  }
}
console.log(
  failed.length === 0
    ? `All ${names.length} within the bounds`
    : `Not within the bounds: ${failed.join(', ')}`,
)
process.exitCode = failed.length === 0 ? 0 : 1
