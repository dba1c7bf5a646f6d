import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseSize } from '../core/index.ts'

const [MAX_LABELS, MAX_LABEL_LENGTH] = [100, 100]
const DEFAULT_CONCURRENCY = 4

/** What jobs a runner takes, how it runs them, and how many at once. */
export interface JobFlags {
  readonly label: readonly string[]
  readonly untagged: boolean
  readonly executor: 'auto' | 'process' | 'container'
  readonly image?: string
  readonly concurrency: number
  readonly cpus?: number
  /** Bytes. */
  readonly memory?: number
}

export function withJobOptions(command: Command): Command {
  return command
    .option('--label <label>', 'a label that jobs may ask for; given again for each', collectLabel, [])
    .option('--no-untagged', 'leave jobs without labels to others')
    .addOption(
      new Option('--executor <kind>', 'auto: jobs with an image in containers where podman or docker works')
        .choices(['auto', 'process', 'container'])
        .default('auto'),
    )
    .option('--image <image>', 'with --executor container, of jobs that name none')
    .option('--concurrency <n>', 'attempts at once', positive, DEFAULT_CONCURRENCY)
    .option('--cpus <n>', 'cores that jobs may take together (default: all)', cores)
    .option('--memory <size>', 'memory that jobs may take together, such as 16GiB (default: all)', size)
}

/** The arguments that give a runner the same options. */
export function jobArguments(flags: JobFlags): readonly string[] {
  const { label, untagged, executor, image, concurrency, cpus, memory } = flags
  return [
    ...label.flatMap(text => ['--label', text]),
    ...(untagged ? [] : ['--no-untagged']),
    ...(executor === 'auto' ? [] : ['--executor', executor]),
    ...(image === undefined ? [] : ['--image', image]),
    ...(concurrency === DEFAULT_CONCURRENCY ? [] : ['--concurrency', String(concurrency)]),
    ...(cpus === undefined ? [] : ['--cpus', String(cpus)]),
    ...(memory === undefined ? [] : ['--memory', `${memory}B`]),
  ]
}

function collectLabel(label: string, before: readonly string[]): readonly string[] {
  const text = label.trim()
  if (text === '' || text.length > MAX_LABEL_LENGTH)
    throw new InvalidArgumentError(`Expected a label of 1 to ${MAX_LABEL_LENGTH} characters.`)
  if (before.length >= MAX_LABELS)
    throw new InvalidArgumentError(`A runner has ${MAX_LABELS} labels at most.`)
  return [...new Set([...before, text])]
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 64) throw new InvalidArgumentError('Expected 1 to 64.')
  return value
}

function cores(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 4096))
    throw new InvalidArgumentError('Expected a number of cores such as 8 or 0.5.')
  return value
}

function size(text: string): number {
  try {
    const bytes = parseSize(text)
    if (bytes > 0) return bytes
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('Expected a size such as 16GiB or 500MB.')
}
