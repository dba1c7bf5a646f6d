import type { KerasDetail, KerasLayer, KerasModel, OnnxTensor } from '../../../formats/index.ts'
import { invalid } from '../config.ts'
import type { LayerWeights } from '../layer.ts'
import type { TensorTable } from './tensors.ts'

/** Variables of a layer, or of a model, which hands them to its layers. */
export interface WeightScope extends LayerWeights {
  child(attribute: string, name?: string): WeightScope
  of(model: KerasModel, layer: KerasLayer, source: string): WeightScope
}

/** Where the top model's variables are. */
export function rootScope(detail: KerasDetail, tensors: TensorTable): WeightScope {
  const { variables, asset } = detail
  if (variables.kind === 'paths') {
    const { paths } = variables
    return new PathScope({ paths, tensors, asset }, paths.root, '')
  }
  const groups = variables.kind === 'groups' ? variables.groups : undefined
  const all = groups ? [] : tensors.names.map(name => ({ tensor: name, parts: partsOf(name) }))
  return new NamedScope({ tensors, groups }, all, '')
}

function missing(source: string, name: string) {
  return invalid(`The variable '${name}' of the layer '${source}' is not in the file`)
}

interface Paths {
  readonly paths: Extract<KerasDetail['variables'], { kind: 'paths' }>['paths']
  readonly tensors: TensorTable
  readonly asset: KerasDetail['asset']
}

/** Keras 3: variables by their number below a path. */
class PathScope implements WeightScope {
  readonly #file: Paths
  readonly #path: string | undefined
  readonly #source: string

  constructor(file: Paths, path: string | undefined, source: string) {
    this.#file = file
    this.#path = path
    this.#source = source
  }

  find(name: string, index: number): OnnxTensor | undefined {
    if (this.#path === undefined) return undefined
    const path = this.#path === '' ? 'vars' : `${this.#path}/vars`
    const { tensors } = this.#file
    // Layers that save their variables themselves give them names.
    const called = `${this.#source}/${name}`
    return tensors.get(`${path}/${index}`, called) ?? tensors.get(`${path}/${name}`, called)
  }

  get(name: string, index: number): OnnxTensor {
    const found = this.find(name, index)
    if (!found) throw missing(this.#source, name)
    return found
  }

  child(attribute: string): WeightScope {
    const path = this.#path === undefined ? undefined : `${this.#path}/${attribute}`
    return new PathScope(this.#file, path, `${this.#source}/${attribute}`)
  }

  of(model: KerasModel, layer: KerasLayer, source: string): WeightScope {
    return new PathScope(this.#file, this.#file.paths.of(model, layer, this.#path), source)
  }

  async asset(name: string): Promise<Uint8Array | undefined> {
    return this.#path === undefined ? undefined : this.#file.asset(`${this.#path}/${name}`)
  }
}

interface Named {
  readonly tensors: TensorTable
  /** Of each layer of the top model; absent where names alone tell. */
  readonly groups: ReadonlyMap<string, readonly string[]> | undefined
}

interface NamedVariable {
  readonly tensor: string
  /** `dense/kernel:0` → `['dense', 'kernel']`. */
  readonly parts: readonly string[]
}

/** Legacy files and TF.js: variables by name, and by their order where names don't tell. */
class NamedScope implements WeightScope {
  readonly #file: Named
  readonly #variables: readonly NamedVariable[]
  readonly #source: string
  readonly #top: boolean

  constructor(file: Named, variables: readonly NamedVariable[], source: string, top = true) {
    this.#file = file
    this.#variables = variables
    this.#source = source
    this.#top = top
  }

  find(name: string, index: number): OnnxTensor | undefined {
    const named = this.#variables.filter(({ parts }) => parts.at(-1) === name)
    const shortest = named.toSorted((a, b) => a.parts.length - b.parts.length)[0]
    // Keras 1 called a kernel `dense_1_W`: nothing but the order tells.
    const found = shortest ?? (this.#variables.some(isNamed) ? undefined : this.#variables[index])
    return found && this.#file.tensors.get(found.tensor, `${this.#source}/${name}`)
  }

  get(name: string, index: number): OnnxTensor {
    const found = this.find(name, index)
    if (!found) throw missing(this.#source, name)
    return found
  }

  child(attribute: string, name?: string): WeightScope {
    const source = `${this.#source}/${attribute}`
    const named = name === undefined ? [] : below(this.#variables, name)
    // Wrappers of one layer name its variables without it.
    return new NamedScope(this.#file, named.length > 0 ? named : this.#variables, source, false)
  }

  of(_: KerasModel, layer: KerasLayer, source: string): WeightScope {
    const group = this.#top ? this.#file.groups?.get(layer.name) : undefined
    const own = group?.map(tensor => ({ tensor, parts: partsOf(withoutGroup(tensor, layer.name)) }))
    const found = own ? stripped(own, layer.name) : below(this.#variables, layer.name)
    // Names of Keras 2 and of TF.js are without the models that layers stand in.
    const unnamed = found.length === 0 && Object.hasOwn(layer.config, 'layers')
    return new NamedScope(this.#file, unnamed ? this.#variables : found, source, false)
  }

  async asset(): Promise<undefined> {
    return undefined
  }
}

/** Variables whose name has the part, from there on; of those that begin with it, where there are some. */
function below(variables: readonly NamedVariable[], part: string): readonly NamedVariable[] {
  const first = variables.filter(({ parts }) => parts[0] === part)
  if (first.length > 0) return stripped(first, part)
  // A layer's name may hold slashes itself.
  const slashed = part.includes('/')
    ? variables.filter(({ parts }) => parts.join('/').startsWith(`${part}/`))
    : []
  const found =
    slashed.length > 0 ? slashed : variables.filter(({ parts }) => parts.slice(0, -1).includes(part))
  return found.map(({ tensor, parts }) => ({ tensor, parts: parts.slice(parts.indexOf(part) + 1) }))
}

/** Without the first part, where all have it in common: Keras 3 begins each name with the model's. */
function stripped(variables: readonly NamedVariable[], part: string): readonly NamedVariable[] {
  const all = variables.every(({ parts }) => parts.length > 1 && parts[0] === part)
  return all ? variables.map(({ tensor, parts }) => ({ tensor, parts: parts.slice(1) })) : variables
}

function partsOf(name: string): readonly string[] {
  return name.replace(/:\d+$/, '').split('/')
}

/** `model_weights/dense/dense/kernel:0` → `dense/kernel:0`. */
function withoutGroup(tensor: string, layer: string): string {
  const root = tensor.startsWith(`model_weights/${layer}/`) ? `model_weights/${layer}/` : `${layer}/`
  return tensor.startsWith(root) ? tensor.slice(root.length) : tensor
}

const KNOWN_NAMES = new Set(['kernel', 'bias', 'gamma', 'beta', 'embeddings', 'moving_mean', 'alpha', 'mean'])

function isNamed({ parts }: NamedVariable): boolean {
  return KNOWN_NAMES.has(parts.at(-1) ?? '')
}
