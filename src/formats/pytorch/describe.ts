import {
  classOf,
  nameOf,
  type PickleCall,
  type PickleGlobal,
  type PickleNode,
  textOf,
} from '../pickle/index.ts'
import type { ModelInput, OpenModel } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { parametersOf, tensorMissing } from '../tensors.ts'
import type { ModelFile, TensorInfo } from '../types.ts'
import type { Contents, ReadableTensor } from './contents.ts'
import { fail } from './limits.ts'

type Parts = Pick<ModelFile, 'format' | 'metadata'> &
  Partial<
    Pick<
      ModelFile,
      'formatVersion' | 'producer' | 'what' | 'graph' | 'signature' | 'notes' | 'otherSignatures'
    >
  >

/** A model that tells where its tensors lie. */
export interface TorchModel extends OpenModel {
  readonly tensors: ReadonlyMap<string, ReadableTensor>
}

/** A model of one file whose tensors are in a map. */
export function modelOf(
  input: ModelInput,
  tensors: ReadonlyMap<string, ReadableTensor>,
  parts: Parts,
  close: () => Promise<void>,
): TorchModel {
  const infos = Array.from(tensors.values(), ({ info }) => info)
  const { once, notes } = sharing(tensors)
  const file: ModelFile = {
    framework: 'PyTorch',
    ...parts,
    ...singleFile(input),
    tensors: infos,
    parameters: parametersOf(once),
    notes: [...(parts.notes ?? []), ...notes],
  }
  const find = (name: string): ReadableTensor => {
    const tensor = tensors.get(name)
    if (!tensor) throw tensorMissing(input.source.name, name, tensors.keys())
    return tensor
  }
  return {
    file,
    tensors,
    readTensor: (name, options) => find(name).read(options),
    readText(name) {
      const { texts } = find(name)
      if (texts) return texts()
      throw fail.unsupported({ name: input.source.name }, `the tensor '${name}' holds no texts`)
    },
    close,
  }
}

/** Each tensor once, however many names it has; and who shares with whom. */
function sharing(tensors: ReadonlyMap<string, ReadableTensor>) {
  const first = new Map<string, string>()
  const once: TensorInfo[] = []
  const shared: string[] = []
  for (const { info, elements } of tensors.values()) {
    const same = elements === undefined || info.elements === 0 ? undefined : first.get(elements)
    if (elements !== undefined && same === undefined) first.set(elements, info.name)
    if (same === undefined) once.push(info)
    else shared.push(`${info.name} is ${same}`)
  }
  const some = shared.slice(0, 10).join(', ')
  const more = shared.length > 10 ? `, and ${shared.length - 10} more` : ''
  return { once, notes: shared.length > 0 ? [`the same elements under two names: ${some}${more}`] : [] }
}

/** What a pickle of torch is: a state dict, a checkpoint, or the class of its root. */
export function whatOf({ root, tensors }: Pick<Contents, 'root' | 'tensors'>): string {
  const entries = entriesOf(root)
  if (entries) {
    const flat =
      entries.length > 0 && entries.every(([, value]) => value.kind === 'call' || value.kind === 'persistent')
    return flat &&
      tensors.size >= entries.length &&
      [...tensors.values()].every(({ info }) => info.role !== 'optimizer')
      ? 'state dict'
      : 'checkpoint'
  }
  if (root.kind !== 'call') return root.kind
  const global = classOf(root) ?? moduleClass(root)
  if (!global || global.computed) return 'object'
  return /^_rebuild_/.test(nameOf(global).name) ? 'tensor' : nameOf(global).name
}

/** The legacy format has persistent ids for classes of modules: `('module', class, file, source)`. */
function moduleClass({ callee }: PickleCall): PickleGlobal | undefined {
  const id = callee.kind === 'persistent' && callee.id.kind === 'tuple' ? callee.id.items : []
  return textOf(id[0]) === 'module' && id[1]?.kind === 'global' ? id[1] : undefined
}

/** Whether the root is a module, pickled whole: its code is in the program that wrote it. */
export function isModule(root: PickleNode): boolean {
  if (root.kind !== 'call') return false
  return root.states.some(
    state =>
      state.kind === 'dict' && state.entries.some(([key]) => key.kind === 'text' && key.value === '_modules'),
  )
}

function entriesOf(root: PickleNode): readonly (readonly [PickleNode, PickleNode])[] | undefined {
  if (root.kind === 'dict') return root.entries
  const global = root.kind === 'call' ? classOf(root) : undefined
  return root.kind === 'call' && global && /^(OrderedD|d)ict$|^defaultdict$/.test(nameOf(global).name)
    ? root.entries
    : undefined
}
