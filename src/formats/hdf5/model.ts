import type { ModelInput, OpenModel } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { parametersOf, tensorMissing } from '../tensors.ts'
import type { TensorInfo } from '../types.ts'
import { fail } from './failures.ts'
import { hdf5Hazards } from './hazards.ts'
import { MetadataCollector } from './metadata.ts'
import { type Hdf5Dataset, type Hdf5File, openHdf5 } from './open.ts'
import { tensorOf } from './tensors.ts'
import { type Contents, walkHdf5 } from './walk.ts'

/** Reads any HDF5 file: every dataset is a tensor named by its path, attributes are metadata. */
export async function openHdf5Model(input: ModelInput): Promise<OpenModel> {
  const file = await openHdf5(input.source)
  const metadata = new MetadataCollector()
  const contents = await walkHdf5(file, async object => metadata.add(object.path, await object.attributes()))
  const tensors = contents.datasets.map(tensorOf)
  const notes = [...notesOf(contents), ...metadata.notes()]
  return {
    file: {
      format: 'hdf5',
      formatVersion: versionOf(file),
      ...singleFile(input),
      tensors,
      parameters: parametersOf(tensors),
      metadata: metadata.entries,
      ...(notes.length > 0 && { notes }),
    },
    ...readingOf(file.name, contents.datasets, tensors),
  }
}

export const versionOf = (file: Hdf5File): string => `superblock ${file.version}`

/** The reading half of an open model over datasets; `tensors` names them, one each. */
export function readingOf(
  name: string,
  datasets: readonly Hdf5Dataset[],
  tensors: readonly TensorInfo[],
): Pick<OpenModel, 'readTensor' | 'readText' | 'close'> {
  const byName = new Map(tensors.map((tensor, i) => [tensor.name, datasets[i]!]))
  const dataset = (tensor: string): Hdf5Dataset => {
    const found = byName.get(tensor)
    if (!found) throw tensorMissing(name, tensor, byName.keys())
    return found
  }
  return {
    async *readTensor(tensor) {
      yield* dataset(tensor).read()
    },
    async *readText(tensor) {
      const found = dataset(tensor)
      const { dtype } = found.info.element
      if (!found.info.element.text) throw fail.unsupported({ name }, `'${tensor}' holds ${dtype}, no text`)
      for await (const value of found.values())
        yield typeof value === 'string' ? value : JSON.stringify(value)
    },
    async close() {},
  }
}

/** What a reader of the description should know: names that lead elsewhere, and what was left out. */
export function notesOf(contents: Contents): string[] {
  const hazards = hdf5Hazards(contents)
  const others = contents.links.filter(({ link }) => link.kind === 'hard' || link.kind === 'soft')
  return [
    ...(others.length > 0 ? [`${others.length} further names of objects, such as ${others[0]!.path}`] : []),
    ...(hazards.length > 0
      ? [
          `${hazards.length} references to other files, which are not opened: ${hazards[0]!.path} → ${hazards[0]!.target}`,
        ]
      : []),
  ]
}
