import type { Layer, Model } from '../config/model.ts'

/** Where layers keep their variables: a path in the file, below which they lie. */
export interface WeightPaths {
  /** Of the top model itself. */
  readonly root: string
  /** Of a layer of `model`, whose own path is `under`; undefined where the file does not tell. */
  of(model: Model, layer: Layer, under: string | undefined): string | undefined
}

/** Legacy `.h5`: each layer of the top model has a group of its own name. */
export function legacyPaths(root: string, groups: ReadonlySet<string>): WeightPaths {
  return {
    root,
    of(_, layer, under) {
      if (under !== root) return undefined
      const path = root === '' ? layer.name : `${root}/${layer.name}`
      return groups.has(path) ? path : undefined
    },
  }
}

/** What a layer's variables are kept under, in early releases and now. */
const CONTAINERS = ['layers', '_layer_checkpoint_dependencies']

/**
 * Keras 3's `model.weights.h5`: layers lie under `layers/` by their class in snake case, numbered in order of the
 * model's layers. `names` has the layers' names by path, as newer releases write them, else empty text: a name that
 * is there must agree.
 */
export function variablePaths(names: ReadonlyMap<string, string>): WeightPaths {
  const known = new WeakMap<Model, ReadonlyMap<Layer, string>>()
  return {
    root: '',
    of(model, layer, under) {
      if (under === undefined) return undefined
      const keys = known.get(model) ?? keysOf(model)
      known.set(model, keys)
      for (const container of CONTAINERS) {
        const path = `${under === '' ? '' : `${under}/`}${container}/${keys.get(layer)}`
        const name = names.get(path)
        if (name === layer.name || name === '') return path
      }
      return undefined
    },
  }
}

/** How Keras names the parts of a container: `dense`, `dense_1`, `batch_normalization` … */
function keysOf({ layers }: Model): Map<Layer, string> {
  const used = new Map<string, number>()
  const keys = new Map<Layer, string>()
  for (const layer of layers) {
    const name = snakeCase(layer.className)
    const count = used.get(name) ?? 0
    keys.set(layer, count === 0 ? name : `${name}_${count}`)
    used.set(name, count + 1)
  }
  return keys
}

/** Classes that Keras exports under another name than their own. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([['GroupQueryAttention', 'GroupedQueryAttention']])

function snakeCase(className: string): string {
  return (OWN_NAMES.get(className) ?? className)
    .replace(/^.*>/, '')
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
}
