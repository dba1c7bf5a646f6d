import { mkdir } from 'node:fs/promises'
import type { WantedReplica } from '../../api/index.ts'
import { replaceFile } from '../../core/index.ts'
import type { ReplicaSpecInput } from '../replica/index.ts'
import type { Places } from './places.ts'

/** What a process takes before it has a model, and what a model takes beside its file: until one was measured. */
const BARE_BYTES = 100 * 2 ** 20
const FILE_FACTOR = 1.5

export interface SpecificationContext {
  readonly places: Places
  /** Fetches what is missing. Throws where the model can't be had, or may not be loaded. */
  readonly modelPath: (wanted: WantedReplica) => Promise<string>
  /** Within one run, where the version does not say. */
  readonly threads: number
}

/** Tells a replica what to serve, `wanted` in the form that it has now, in a file that outlives this host. Throws what fetching and writing throw. */
export async function writeSpecification(
  wanted: WantedReplica,
  { places, modelPath, threads }: SpecificationContext,
): Promise<void> {
  const { replica, version, versionNumber, model, config, reference, serving, variant } = wanted
  const { folder, spec: path, parked, process } = places.replica(replica)
  const spec: ReplicaSpecInput = {
    replica,
    version,
    versionNumber,
    model,
    config,
    socketPath: await places.socket(replica),
    modelPath: await modelPath(wanted),
    parkedPath: parked,
    processPath: process,
    threads: serving?.threads ?? threads,
    ...(reference && { reference }),
    ...(variant && { variant: { name: variant.name, digest: variant.digest } }),
    ...(serving && { serving }),
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await replaceFile(path, JSON.stringify(spec))
}

/** Memory that a replica of it will take. */
export function expectedBytes({ files }: WantedReplica): number {
  return BARE_BYTES + FILE_FACTOR * files.reduce((sum, { size }) => sum + size, 0)
}
