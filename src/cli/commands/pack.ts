import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { BallastError, type Bytes, type Digest } from '../../core/index.ts'
import { loadPacks, type PackStats } from '../../registry/index.ts'
import { print } from '../output/print.ts'
import {
  COMPRESSIONS,
  type Compression,
  type Contents,
  compressFile,
  decompressFile,
} from '../pack/compress.ts'
import { describePacked } from '../pack/describe.ts'
import { writeOutput } from '../pack/output.ts'
import { byteProgress, showsProgress } from '../pack/progress.ts'

/** More threads wait for the one that reads and hashes. */
const MAX_THREADS = 4

interface Options {
  readonly output?: string
  readonly base?: string
  readonly force?: boolean
  readonly json?: boolean
}

/** What `--json` prints. */
export interface Packed {
  readonly file: string
  readonly digest: Digest
  readonly size: Bytes
  readonly output: string
  readonly packSize: Bytes
  readonly seconds: number
  /** Of packs alone. */
  readonly base?: Digest
  readonly stats?: PackStats
}

export function packCommand(): Command {
  return new Command('pack')
    .description(
      'make a model file smaller: its tensors, each by its type, or what differs from an earlier version',
    )
    .argument('<file>')
    .option('-o, --output <file>', 'default: <file>.ballast; .gz and .zst write gzip and Zstandard')
    .option('--base <file>', 'an earlier version, plain or packed: only what differs is stored')
    .option('--force', 'replace the output where there is one')
    .option('--json', 'for machines')
    .addHelpText('after', '\nWhat is written is read back and compared before it gets its name.')
    .action(run)
}

async function run(file: string, options: Options): Promise<void> {
  const output = options.output ?? `${file}.ballast`
  const compression = COMPRESSIONS.find(end => output.endsWith(end))
  if (compression && options.base !== undefined)
    throw new BallastError('ARGUMENT_INVALID', {
      message: `A ${compression} file has no base`,
      hint: 'Leave --base away, or write a .ballast file.',
    })
  const { size } = await stat(file)
  const started = performance.now()
  const made = await writeOutput(output, options.force, draft =>
    compression ? compressed(file, draft, compression, size, options) : packed(file, draft, size, options),
  )
  const seconds = Math.round(performance.now() - started) / 1000
  const { size: packSize } = await stat(output)
  print({ file, output, packSize, seconds, ...made } satisfies Packed, options.json, describePacked)
}

async function compressed(
  file: string,
  draft: string,
  by: Compression,
  size: Bytes,
  { json }: Options,
): Promise<Contents> {
  const contents = await shown('compressing', size, json, show => compressFile(file, draft, by, show))
  const back = await shown('checking', size, json, show => decompressFile(draft, undefined, show))
  if (back.digest !== contents.digest) throw changed(file, contents.digest, back.digest)
  return contents
}

async function packed(file: string, draft: string, size: Bytes, { base: basePath, json }: Options) {
  const { openBase, openSingleFile, packSingleFile } = await loadPacks()
  const base =
    basePath === undefined
      ? undefined
      : await shown('reading the base', (await stat(basePath)).size, json, show => openBase(basePath, show))
  const threads = Math.min(MAX_THREADS, availableParallelism())
  const { recipe, stats } = await shown('packing', size, json, onProgress =>
    packSingleFile({ path: file, to: draft, threads, onProgress, ...(base && { base }) }),
  )
  const back = await openSingleFile(draft, basePath)
  await shown('checking', size, json, show => back.check(show))
  return { digest: recipe.digest, size: recipe.size, stats, ...(base && { base: base.recipe.digest }) }
}

async function shown<T>(
  what: string,
  total: Bytes,
  json: boolean | undefined,
  work: (show: (done: Bytes) => void) => Promise<T>,
): Promise<T> {
  const progress = byteProgress(what, total, showsProgress(json))
  try {
    return await work(progress.show)
  } finally {
    progress.clear()
  }
}

function changed(file: string, expected: Digest, actual: Digest): BallastError {
  return new BallastError('FILE_CHANGED', {
    message: `${file} is ${expected}, and what was written of it gives ${actual}`,
    hint: 'The disk altered it: try again on another one.',
  })
}
