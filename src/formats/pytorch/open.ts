import { textOf } from '../pickle/index.ts'
import type { ModelInput } from '../ports.ts'
import { openArchive, openPickleEntry } from './archive.ts'
import { type Contents, metadataOf } from './contents.ts'
import { isModule, modelOf, type TorchModel, whatOf } from './describe.ts'

/**
 * A file of `torch.save`: a zip of data.pkl and storages. The pickle is run symbolically, and nothing of it is
 * called. Throws ZIP_…, FORMAT_MALFORMED, FORMAT_TRUNCATED, FORMAT_LIMIT.
 */
export async function openPytorch(input: ModelInput): Promise<TorchModel> {
  const archive = await openArchive(input.source, ['data.pkl'])
  const contents = await openPickleEntry(archive, 'data.pkl', 'data')
  const notes = notesOf(contents)
  const lightning = contents.values.find(({ name }) => name === 'pytorch-lightning_version')
  const version = textOf(lightning?.node)
  return modelOf(
    input,
    contents.tensors,
    {
      format: 'pytorch',
      ...(archive.version && { formatVersion: archive.version }),
      ...(version && { producer: `PyTorch Lightning ${version.slice(0, 100)}` }),
      what: whatOf(contents),
      metadata: metadataOf(contents, notes),
      notes,
    },
    contents.close,
  )
}

export function notesOf(contents: Contents): string[] {
  if (isModule(contents.root))
    return ['a whole module was pickled: its code is not in the file, and loading it runs the pickle']
  return [`a ${whatOf(contents)} has no graph`]
}
