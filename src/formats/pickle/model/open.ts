import type { ByteSource } from '../../../core/index.ts'
import { FormatsError } from '../../errors.ts'
import type { ModelInput, OpenModel } from '../../ports.ts'
import { tensorMissing } from '../../tensors.ts'
import { attributesOf, classOf, nameOf, textOf } from '../classes.ts'
import { fail } from '../limits.ts'
import { runAll } from '../machine/run.ts'
import { readArray } from '../numpy/read.ts'
import { readArrayText } from '../numpy/text.ts'
import type { NumpyArray } from '../numpy/types.ts'
import type { PickleNode, PickleRun } from '../types.ts'
import { describe } from './describe.ts'
import { nameOf as pathText } from './paths.ts'
import { type Inventory, inventoryOf } from './walk.ts'

/** Pickles one after another that are described together. */
const MAX_ROOTS = 100

/**
 * Opens a plain pickle or a joblib file, without what may be around it (gzip, a torch archive). Each numpy array in
 * it is a tensor, named by its place in the tree of objects:
 *
 *   coef_                                attribute of the root
 *   steps[1][1].estimators_[3].tree_.nodes   attributes, and places in lists, tuples and arrays of objects
 *   layer1, weights['layer1']            keys of the root dictionary, and of others
 *   tree_(1)                             argument of a call
 *   _tree.__state__[0]                   state that is no dictionary
 *   {4}                                  place in a set, or under a key that is no text
 *
 * Throws the fault that the machine met, FORMAT_LIMIT for trees without end.
 */
export async function openPickle(input: ModelInput): Promise<OpenModel> {
  const { source } = input
  const notes: string[] = []
  const { first, runs, root, inventory } = await readInventory(source, notes)
  noteCompanions(inventory, notes)
  noteOpaque(inventory, notes)
  const format = runs.some(isJoblib) ? 'joblib' : 'pickle'
  const file = await describe(input, { format, run: first, root, inventory, notes })
  const arrays = new Map(inventory.arrays.map(({ name, array }) => [name, array]))
  const arrayNamed = (name: string): NumpyArray => {
    const array = arrays.get(name)
    if (!array) throw tensorMissing(source.name, name, arrays.keys())
    return array
  }
  return {
    file,
    async *readTensor(name) {
      const array = arrayNamed(name)
      if (array.dtype.dtype === 'string') throw kindOf(source.name, name, 'text', 'readText')
      yield* readArray(source, array)
    },
    async *readText(name) {
      const array = arrayNamed(name)
      if (array.dtype.dtype !== 'string') throw kindOf(source.name, name, array.dtype.dtype, 'readTensor')
      yield* readArrayText(source, array)
    },
    async close() {},
  }
}

/** Runs all pickles of a file. Throws the fault that the machine met. */
export async function readInventory(source: ByteSource, notes: string[]): Promise<PickleContents> {
  const runs = await runAll(source, { joblib: true, most: MAX_ROOTS })
  const [first] = runs
  if (!first) throw fail.truncated({ name: source.name, offset: 0 }, 'the file is empty')
  if (first.fault) throw first.fault
  const root = rootOf(runs, source.size, notes)
  return { first, runs, root, inventory: inventoryOf(root, source.name) }
}

interface PickleContents {
  readonly first: PickleRun
  readonly runs: readonly PickleRun[]
  readonly root: PickleNode
  readonly inventory: Inventory
}

/** The one pickle's root; of several in a row, a list of them. */
function rootOf(runs: readonly PickleRun[], size: number, notes: string[]): PickleNode {
  const whole = runs.filter(run => !run.fault)
  const end = whole.at(-1)!.end
  if (end < size) notes.push(`${size - end} bytes follow the pickle`)
  const roots = whole.map(run => run.root!)
  if (roots.length > 1) notes.push(`${roots.length} pickles stand one after another`)
  return roots.length === 1 ? roots[0]! : { kind: 'list', items: roots }
}

function isJoblib({ globals }: PickleRun): boolean {
  return globals.some(
    ({ module, name }) => /ArrayWrapper$/.test(name) && /numpy_pickle(_compat)?$/.test(module),
  )
}

/** joblib before 0.10 wrote each array into a file of its own. */
function noteCompanions({ objects }: Inventory, notes: string[]): void {
  for (const { path, call } of objects) {
    const global = classOf(call)
    if (!global || !/^Z?NDArrayWrapper$/.test(nameOf(global).name)) continue
    const file = textOf(attributesOf(call).get('filename')) ?? 'another file'
    notes.push(`the array '${pathText(path)}' is in ${file.slice(0, 200)}, written by joblib before 0.10`)
    if (notes.length > 100) return
  }
}

/** Weights that their libraries hand to pickle as bytes or text of their own, by what makes them again. */
const OPAQUE: ReadonlyMap<string, string> = new Map([
  [
    'torch.storage._load_from_bytes',
    'storages of PyTorch tensors are bytes here: torch.save writes tensors that are read',
  ],
  ['xgboost.core.Booster', "XGBoost's trees are bytes here: save_model writes a model that is read"],
  ['lightgbm.basic.Booster', "LightGBM's trees are text here: save_model writes a model that is read"],
])

/** So that no tensors is not taken for no weights. */
function noteOpaque({ objects }: Inventory, notes: string[]): void {
  const told = new Set<string>()
  for (const { call } of objects) {
    const global = classOf(call)
    if (!global || global.computed) continue
    const { module, name } = nameOf(global)
    const note = OPAQUE.get(`${module}.${name}`)
    if (note !== undefined) told.add(note)
  }
  notes.push(...told)
}

function kindOf(file: string, tensor: string, dtype: string, method: string): FormatsError {
  return new FormatsError('FORMAT_UNSUPPORTED', {
    message: `${file}: the tensor '${tensor}' holds ${dtype}`,
    hint: `Read it with ${method}.`,
    details: { tensor },
  })
}
