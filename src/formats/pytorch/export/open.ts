import type { ModelInput } from '../../ports.ts'
import type { ModelFile, Signature } from '../../types.ts'
import { openArchive, type TorchArchive } from '../archive.ts'
import { modelOf, type TorchModel } from '../describe.ts'
import { fail } from '../limits.ts'
import { type Program, programOf, readJson } from './program.ts'
import { type Closers, readConfigured, readSaved, type Weights } from './weights.ts'

/** Records that only this format has. */
const MARKERS = ['archive_format', 'serialized_exported_program.json', 'models/model.json']

/**
 * A program of torch.export (.pt2): graph, signature and weights, in the layouts of torch 2.1 to 2.6
 * (serialized_exported_program.json), 2.7 (models/, the state dict saved by torch.save) and since (raw weights).
 * Throws ZIP_…, FORMAT_MALFORMED, FORMAT_TRUNCATED, FORMAT_LIMIT, FORMAT_UNSUPPORTED.
 */
export async function openPt2(input: ModelInput): Promise<TorchModel> {
  const archive = await openArchive(input.source, MARKERS)
  const closers: Closers = []
  try {
    return await open(input, archive, closers)
  } catch (cause) {
    await closeAll(closers)
    throw cause
  }
}

async function open(input: ModelInput, archive: TorchArchive, closers: Closers): Promise<TorchModel> {
  const notes: string[] = []
  const weights: Weights = new Map()
  const programs = await readPrograms(archive)
  const [first, ...others] = programs
  if (!first)
    throw fail.unsupported({ name: archive.name }, 'the archive holds no program (compiled code alone?)')
  for (const { model, program } of programs) {
    // The weights of several models are told apart by the models' names.
    const own: Weights = programs.length > 1 ? new Map() : weights
    await readWeights(archive, model, program, own, closers)
    if (own !== weights)
      for (const [name, tensor] of own)
        weights.set(`${model}.${name}`, { ...tensor, info: { ...tensor.info, name: `${model}.${name}` } })
  }
  if ([...archive.entries.keys()].some(path => path.startsWith('data/aotinductor/')))
    notes.push('it holds compiled code (AOTInductor) as well, which is not read')
  const { program } = first
  const parts: Omit<ModelFile, 'framework' | 'name' | 'size' | 'files' | 'tensors' | 'parameters'> = {
    format: 'pt2',
    ...(program.schemaVersion && { formatVersion: `schema ${program.schemaVersion}` }),
    ...(program.torchVersion && { producer: `PyTorch ${program.torchVersion}` }),
    graph: program.graph,
    signature: program.signature,
    ...(others.length > 0 && { otherSignatures: others.map(named) }),
    metadata: program.metadata,
    ...(notes.length > 0 && { notes }),
  }
  return modelOf(input, weights, parts, () => closeAll(closers))
}

interface NamedProgram {
  readonly model: string
  readonly program: Program
}

function named({ model, program }: NamedProgram): Signature {
  return { ...program.signature, name: model }
}

async function readPrograms(archive: TorchArchive): Promise<readonly NamedProgram[]> {
  const programs: NamedProgram[] = []
  for (const path of archive.entries.keys()) {
    const model =
      path === 'serialized_exported_program.json' ? 'model' : /^models\/([^/]+)\.json$/.exec(path)?.[1]
    if (model !== undefined)
      programs.push({ model, program: programOf(await readJson(archive, path), model, archive.name) })
  }
  return programs
}

async function readWeights(
  archive: TorchArchive,
  model: string,
  { roles }: Program,
  weights: Weights,
  closers: Closers,
): Promise<void> {
  for (const kind of ['weights', 'constants'] as const) {
    const folder = `data/${kind}/`
    const config = `${folder}${model}_${kind}_config.json`
    const saved = kind === 'weights' ? 'serialized_state_dict.pt' : 'serialized_constants.pt'
    if (archive.entries.has(config)) await readConfigured(archive, config, folder, roles, weights, closers)
    else if (archive.entries.has(`${folder}${model}.pt`))
      await readSaved(archive, `${folder}${model}.pt`, roles, weights, closers)
    else if (archive.entries.has(saved)) await readSaved(archive, saved, roles, weights, closers)
  }
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0)) await close()
}
