import type { ByteSource } from '../../../core/index.ts'
import type { Failures } from '../../errors.ts'
import type { Cursor } from '../cursor.ts'
import { MAX_HELD_BYTES, MAX_TREE_ARRAYS, MAX_TREE_NODES, MAX_TREES } from '../limits.ts'
import type { Run } from '../run.ts'
import { MODEL_FIELDS, TREE_FIELDS } from './fields.ts'
import type { XgboostModel, XgboostTreeRuns } from './model.ts'

/** Arrays of a model's categories; four a feature. */
const MAX_ARRAYS = 200_000

/** Passes over the array of the trees, whose closing bracket is known. */
export type PassTrees = () => Promise<void>

/**
 * Reads a model's document in one pass, `pass`ing over its trees where that is given. Throws FORMAT_MALFORMED,
 * FORMAT_LIMIT or FORMAT_TRUNCATED.
 */
export async function readXgboost(
  source: ByteSource,
  cursor: Cursor,
  fail: Failures,
  pass?: PassTrees,
): Promise<XgboostModel> {
  const reader = new Reader(source, cursor, fail, pass)
  await reader.document()
  await cursor.end()
  return reader.model()
}

class Reader {
  readonly #source: ByteSource
  readonly #cursor: Cursor
  readonly #fail: Failures
  readonly #version: string[] = []
  readonly #featureNames: string[] = []
  readonly #featureTypes: string[] = []
  readonly #parameters = new Map<string, string>()
  readonly #trees: XgboostTreeRuns[] = []
  readonly #arrays = new Map<string, Run>()
  #booster = ''
  #learners = 0
  #held = 0
  readonly #pass: PassTrees | undefined
  #passed = false

  constructor(source: ByteSource, cursor: Cursor, fail: Failures, pass: PassTrees | undefined) {
    this.#source = source
    this.#cursor = cursor
    this.#fail = fail
    this.#pass = pass
  }

  /** A model, or what a pickled one keeps: the model and its training configuration. */
  async document(nested = false): Promise<void> {
    await this.#cursor.object(async key => {
      if (key === 'learner') await this.#learner()
      else if (key === 'version') await this.#texts(this.#version)
      else if (key === 'Model' && !nested) await this.document(true)
      else await this.#cursor.skip()
    })
  }

  model(): XgboostModel {
    if (this.#learners !== 1) throw this.#malformed(`there are ${this.#learners} learners`)
    const given = this.#parameters.get('gbtree_model_param.num_trees')
    if (!this.#passed && given !== undefined && Number(given) !== this.#trees.length)
      throw this.#malformed(`it says it has ${given.slice(0, 40)} trees, and has ${this.#trees.length}`)
    return {
      version: this.#version,
      booster: this.#booster,
      objective: this.#parameters.get('objective.name') ?? '',
      featureNames: this.#featureNames,
      featureTypes: this.#featureTypes,
      parameters: this.#parameters,
      trees: this.#trees,
      treeCount: this.#passed ? this.#count(given) : this.#trees.length,
      arrays: this.#arrays,
    }
  }

  /** As the document says: its trees were passed over. */
  #count(given: string | undefined): number {
    const count = Number(given ?? Number.NaN)
    if (Number.isSafeInteger(count) && count >= 0 && count <= MAX_TREES) return count
    throw this.#malformed(`it says it has ${(given ?? 'no number of').slice(0, 40)} trees`)
  }

  async #passTrees(pass: PassTrees): Promise<void> {
    await pass()
    this.#passed = true
  }

  async #learner(): Promise<void> {
    this.#learners++
    await this.#cursor.object(async key => {
      if (key === 'feature_names') await this.#texts(this.#featureNames)
      else if (key === 'feature_types') await this.#texts(this.#featureTypes)
      else if (key === 'gradient_booster') await this.#gradientBooster()
      else if (key === 'attributes' || key === 'learner_model_param' || key === 'objective')
        await this.#parametersAt(key)
      else await this.#cursor.skip()
    })
  }

  /** `gbtree` and `gblinear` hold their model; `dart` holds a gbtree, and the weights of its trees. */
  async #gradientBooster(depth = 0): Promise<void> {
    await this.#cursor.object(async key => {
      if (key === 'name') {
        const name = await this.#text()
        if (depth === 0) this.#booster = name
      } else if (key === 'gbtree' && depth === 0) await this.#gradientBooster(1)
      else if (key === 'model') await this.#boosterModel()
      else if (MODEL_FIELDS.has(key)) await this.#array(key)
      else await this.#cursor.skip()
    })
  }

  async #boosterModel(): Promise<void> {
    await this.#cursor.object(async key => {
      if (key === 'trees' && this.#pass) await this.#passTrees(this.#pass)
      else if (key === 'trees') await this.#cursor.array(() => this.#tree())
      else if (key === 'gbtree_model_param' || key === 'param') await this.#parametersAt(key)
      else if (key === 'boosted_rounds') this.#parameters.set(key, await this.#text())
      else if (key === 'cats') await this.#categories()
      else if (MODEL_FIELDS.has(key)) await this.#array(key)
      else await this.#cursor.skip()
    })
  }

  async #tree(): Promise<void> {
    const arrays = new Map<string, Run>()
    const parameters = new Map<string, string>()
    const { offset } = this.#cursor
    await this.#cursor.object(async key => {
      if (key === 'tree_param') await this.#parametersAt('', parameters)
      else if ((await this.#cursor.kind()) === 'array') {
        if (arrays.size >= MAX_TREE_ARRAYS)
          throw this.#limit(`a tree has more than ${MAX_TREE_ARRAYS} arrays`)
        arrays.set(key, await this.#cursor.numbers(TREE_FIELDS.get(key)?.dtype ?? 'float64'))
      } else await this.#cursor.skip()
    })
    if (this.#trees.push(this.#checkTree(arrays, parameters, offset)) > MAX_TREES)
      throw this.#limit(`more than ${MAX_TREES} trees`)
  }

  /** Every array that has an element for each node must have as many of them. */
  #checkTree(arrays: Map<string, Run>, parameters: Map<string, string>, offset: number): XgboostTreeRuns {
    const place = { name: this.#source.name, offset }
    const what = `the tree ${this.#trees.length}`
    const nodes = arrays.get('left_children')?.count
    if (nodes === undefined) throw this.#fail.malformed(place, `${what} has no left_children`)
    if (nodes > MAX_TREE_NODES) throw this.#fail.limit(place, `${what} has more than ${MAX_TREE_NODES} nodes`)
    for (const [name, { per }] of TREE_FIELDS) {
      const count = arrays.get(name)?.count
      if (per === 'node' && count !== undefined && count !== nodes)
        throw this.#fail.malformed(place, `${what} has ${nodes} nodes, and ${count} ${name}`)
    }
    for (const name of ['right_children', 'split_indices', 'split_conditions'])
      if (!arrays.has(name)) throw this.#fail.malformed(place, `${what} has no ${name}`)
    const given = parameters.get('num_nodes')
    if (given !== undefined && Number(given) !== nodes)
      throw this.#fail.malformed(place, `${what} says it has ${given.slice(0, 40)} nodes, and has ${nodes}`)
    const leafSize = Number(parameters.get('size_leaf_vector') ?? 1)
    return { nodes, leafSize: Number.isSafeInteger(leafSize) && leafSize > 1 ? leafSize : 1, arrays }
  }

  /** Values of categorical features: `enc` has offsets and values for each feature. */
  async #categories(): Promise<void> {
    await this.#cursor.object(async key => {
      if ((await this.#cursor.kind()) !== 'array') return this.#cursor.skip()
      if (key !== 'enc') return this.#array(`cats.${key}`, 'int32')
      await this.#cursor.array(feature =>
        this.#cursor.object(async part => {
          if ((await this.#cursor.kind()) !== 'array') return this.#cursor.skip()
          await this.#array(`cats.enc[${feature}].${part}`, part === 'offsets' ? 'int32' : 'float64')
        }),
      )
    })
  }

  async #array(name: string, dtype = MODEL_FIELDS.get(name)?.dtype ?? 'float64'): Promise<void> {
    if (this.#arrays.has(name)) throw this.#malformed(`there are two arrays '${name.slice(0, 100)}'`)
    this.#arrays.set(name, await this.#cursor.numbers(dtype))
    if (this.#arrays.size > MAX_ARRAYS) throw this.#limit(`more than ${MAX_ARRAYS} arrays`)
  }

  /** Values of an object and of those in it, by their path. */
  async #parametersAt(path: string, to: Map<string, string> = this.#parameters): Promise<void> {
    await this.#cursor.object(async key => {
      const way = path ? `${path}.${key}` : key
      const kind = await this.#cursor.kind()
      if (kind === 'scalar') to.set(way, await this.#text())
      // objective.softmax_multiclass_param.num_class is as deep as they go.
      else if (kind === 'object' && way.split('.').length < 4) await this.#parametersAt(way, to)
      else await this.#cursor.skip()
    })
  }

  async #texts(to: string[]): Promise<void> {
    await this.#cursor.array(async () => {
      to.push(await this.#text())
    })
  }

  async #text(): Promise<string> {
    const text = await this.#cursor.text()
    // A string takes some 16 bytes beside its characters.
    this.#held += text.length + 16
    if (this.#held > MAX_HELD_BYTES)
      throw this.#limit(`names and values have more than ${MAX_HELD_BYTES} bytes`)
    return text
  }

  #malformed(what: string): Error {
    return this.#fail.malformed({ name: this.#source.name, offset: this.#cursor.offset }, what)
  }

  #limit(what: string): Error {
    return this.#fail.limit({ name: this.#source.name, offset: this.#cursor.offset }, what)
  }
}
