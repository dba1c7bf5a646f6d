import { basename, extname } from 'node:path'
import { Command } from 'commander'
import { BallastError, type Bytes, type Digest, formatSize, openFile } from '../../core/index.ts'
import { loadPacks, type PackedFile, type PlacedTensor } from '../../registry/index.ts'
import { print } from '../output/print.ts'
import { decompressFile } from '../pack/compress.ts'
import { writeOutput } from '../pack/output.ts'
import { byteProgress, showsProgress } from '../pack/progress.ts'
import { findTensor } from '../pack/tensor.ts'

/** Taken off the name for that of the output. */
const ENDS: readonly string[] = ['.ballast', '.gz', '.bz2', '.xz', '.lzma', '.zst', '.lz4']

interface Options {
  readonly output?: string
  readonly base?: string
  readonly tensor?: string
  readonly force?: boolean
  readonly json?: boolean
}

/** What `--json` prints. */
interface Unpacked {
  readonly file: string
  readonly output: string
  readonly size: Bytes
  readonly seconds: number
  /** Of the whole file; what was written of it was compared. Absent for one tensor. */
  readonly digest?: Digest
  readonly tensor?: PlacedTensor
}

export function unpackCommand(): Command {
  return new Command('unpack')
    .description(
      'the file again that `ballast pack`, gzip, zstd, xz, bzip2 or lz4 made smaller, or one tensor of it',
    )
    .argument('<file>')
    .option('-o, --output <file>', 'default: <file> without its last ending')
    .option('--base <file>', 'the earlier version that it was packed against, plain or packed')
    .option('--tensor <name>', 'only this one, its bytes as they lie in the file; needs -o')
    .option('--force', 'replace the output where there is one')
    .option('--json', 'for machines')
    .action(run)
}

async function run(file: string, options: Options): Promise<void> {
  const output = options.output ?? defaultOutput(file, options)
  const { isPack } = await loadPacks()
  const source = await openFile(file)
  const head = await source.read(0, Math.min(64, source.size)).finally(() => source.close())
  const started = performance.now()
  const made = await writeOutput(output, options.force, draft =>
    isPack(head) ? unpacked(file, draft, options) : decompressed(file, draft, options),
  )
  const seconds = Math.round(performance.now() - started) / 1000
  print({ file, output, seconds, ...made } satisfies Unpacked, options.json, describe)
}

function defaultOutput(file: string, { tensor }: Options): string {
  const end = extname(file).toLowerCase()
  if (tensor === undefined && ENDS.includes(end) && basename(file).length > end.length)
    return file.slice(0, -end.length)
  throw new BallastError('ARGUMENT_MISSING', {
    message:
      tensor === undefined
        ? `The name ${file} does not say what comes out`
        : 'Where the tensor goes is missing',
    hint: tensor === undefined ? 'Name the output with -o.' : 'Name a file with -o.',
  })
}

type Made = Pick<Unpacked, 'size' | 'digest' | 'tensor'>

async function unpacked(file: string, draft: string, { base, tensor, json }: Options): Promise<Made> {
  const { openSingleFile } = await loadPacks()
  const packed: PackedFile = await openSingleFile(file, base)
  const { recipe } = packed
  if (tensor !== undefined) {
    const found = findTensor(packed, tensor)
    await packed.rangeTo(draft, found.offset, found.offset + found.length)
    return { size: found.length, tensor: found }
  }
  const progress = byteProgress('unpacking', recipe.size, showsProgress(json))
  try {
    await packed.restoreTo(draft, progress.show)
  } finally {
    progress.clear()
  }
  return { size: recipe.size, digest: recipe.digest }
}

async function decompressed(file: string, draft: string, { base, tensor, json }: Options): Promise<Made> {
  if (base !== undefined || tensor !== undefined)
    throw new BallastError('ARGUMENT_INVALID', {
      message: `${file} is no pack: it has no base and is not read by tensor`,
      hint: 'Unpack it whole.',
    })
  const progress = byteProgress('unpacking', 0, showsProgress(json))
  try {
    return await decompressFile(file, draft, progress.show)
  } finally {
    progress.clear()
  }
}

function describe({ output, size, seconds, digest, tensor }: Unpacked): string {
  const what = tensor ? `${tensor.dtype} [${tensor.shape.join(', ')}]` : digest
  return `${output}: ${formatSize(size)} in ${seconds} s\n${what}`
}
