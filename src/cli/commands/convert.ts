import { unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { MAX_TOLERANCE, samplesBeside } from '../../config/index.ts'
import { allCoverage } from '../../convert/index.ts'
import { BallastError, isThere } from '../../core/index.ts'
import { openModel } from '../../formats/index.ts'
import { type Converted, convertModel } from '../convert/convert.ts'
import { describeConverted, describeCoverage } from '../convert/describe.ts'
import { refuseUnsafe } from '../convert/safe.ts'
import { endWithReader } from '../output/pipe.ts'
import { print } from '../output/print.ts'

interface Options {
  readonly output?: string
  readonly samples?: string
  readonly tolerance?: number
  readonly signature?: string
  readonly acceptUnknown?: boolean
  readonly force?: boolean
  readonly keep?: boolean
  readonly listOps?: boolean
  readonly json?: boolean
}

export function convertCommand(): Command {
  return new Command('convert')
    .description(
      'make ONNX of a model of Keras, TensorFlow, PyTorch, scikit-learn, XGBoost or LightGBM; nothing of it runs',
    )
    .argument('[model]', 'a file, or the folder of a SavedModel')
    .option('-o, --output <file>', 'the ONNX file; default: beside the model, by its name')
    .option(
      '--samples <file>',
      '.npz with inputs and the answers of the original; default: <model>.samples.npz',
    )
    .option('--tolerance <fraction>', 'largest relative difference of answers; default: by type', fraction)
    .option('--signature <name>', 'of a SavedModel; default: serving_default')
    .option('--accept-unknown', 'convert what the scanner can not vouch for')
    .option('--force', 'replace the ONNX file where there is one')
    .option('--keep', 'leave the ONNX file where its answers differ')
    .option('--list-ops', 'what is converted: layers, ops and estimators')
    .option('--json', 'for machines')
    .addHelpText(
      'after',
      '\nExit status: 0 converted, and equal where there are samples; 1 for answers that differ, and for everything else.',
    )
    .action(run)
}

function fraction(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= MAX_TOLERANCE) return value
  throw new InvalidArgumentError(`Expected a number above 0, at most ${MAX_TOLERANCE}; found '${text}'.`)
}

async function run(target: string | undefined, options: Options): Promise<void> {
  endWithReader()
  if (options.listOps) {
    print(await allCoverage(), options.json, describeCoverage)
    return
  }
  if (target === undefined)
    throw new BallastError('ARGUMENT_MISSING', {
      message: 'Name the model to convert',
      hint: '`ballast convert model.pkl.gz`, or --list-ops for what is converted.',
    })
  await refuseUnsafe(target, options.acceptUnknown)
  const converted = await convertAt(target, options)
  const failed = converted.parity.verdict === 'failed'
  if (failed && !options.keep) for (const { path } of converted.files) await unlink(path)
  print(converted, options.json, value => describeConverted(value).join('\n'))
  if (failed) process.exitCode = 1
}

async function convertAt(target: string, options: Options): Promise<Converted> {
  const out = options.output ?? besideModel(target)
  if (!options.force && (await isThere(out)))
    throw new BallastError('FILE_EXISTS', {
      message: `There is a file ${out} already`,
      hint: 'Name another one with --output, or give --force.',
    })
  const beside = samplesBeside(target.replace(/\/+$/, ''))
  const samples = options.samples ?? ((await isThere(beside)) ? beside : undefined)
  const say =
    options.json || !process.stderr.isTTY ? undefined : (line: string) => process.stderr.write(`${line}\n`)
  const model = await openModel(target)
  try {
    return await convertModel(model, {
      out,
      ...(samples !== undefined && { samples: { path: samples, name: samples } }),
      ...(options.tolerance !== undefined && { tolerance: options.tolerance }),
      ...(options.signature !== undefined && { signature: options.signature }),
      ...(say && { say }),
    })
  } finally {
    await model.close()
  }
}

/** `model.pkl.gz` -> `model.onnx`, `export/saved_model/` -> `export/saved_model.onnx`. */
function besideModel(target: string): string {
  const name = basename(resolve(target))
  return join(dirname(resolve(target)), `${/^\.?[^.]+/.exec(name)?.[0] ?? name}.onnx`)
}
