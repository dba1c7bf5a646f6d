import type { FileTree } from '../../../formats/index.ts'
import {
  inputCount,
  type ProgramNode,
  type StoredTensor,
  type TensorflowProgram,
} from '../../../formats/tensorflow/index.ts'
import { elementsOf } from '../constants.ts'
import { invalidNode } from '../errors.ts'
import { partOf } from './slices.ts'
import type { TableContent } from './tables.ts'
import { type Effect, type Origin, traced, tracedFrom } from './trace.ts'

/** Tells what is in variables and tables when a model has been loaded, out of what loading does. */
export class Contents {
  readonly #program: TensorflowProgram
  readonly #tree: FileTree
  /** Names of tensors stand in one constant for all variables. */
  readonly #texts = new Map<ProgramNode, Promise<readonly string[]>>()

  constructor(program: TensorflowProgram, tree: FileTree) {
    this.#program = program
    this.#tree = tree
  }

  /** What an input of an effect is: a tensor of the checkpoint, or a constant. */
  async assigned(effect: Effect, input: number): Promise<StoredTensor | undefined> {
    const origin = traced(effect, input)
    if (!origin) return undefined
    const { node, output } = origin
    if (node.op === 'Const') {
      const value = node.attributes.get('value')
      return value?.kind === 'tensor' ? value.tensor : undefined
    }
    if (node.op !== 'RestoreV2') return undefined
    const [keys, slices] = [
      await this.#textsOf(tracedFrom(effect, origin, 1)),
      await this.#textsOf(tracedFrom(effect, origin, 2)),
    ]
    const [key = '', slice = ''] = [keys[output], slices[output]]
    const stored = this.#program.checkpoint(key)
    if (!stored) return undefined
    const part = partOf(stored, slice)
    if (part) return part
    throw invalidNode(node, `the part '${slice}' is not in the tensor '${key}' of the checkpoint`)
  }

  async #textsOf(origin: Origin | undefined): Promise<readonly string[]> {
    const node = origin?.node
    const value = node?.op === 'Const' ? node.attributes.get('value') : undefined
    if (!node || value?.kind !== 'tensor' || !value.tensor.text) return []
    const read =
      this.#texts.get(node) ?? elementsOf(value.tensor, 'string').then(({ elements }) => elements.map(String))
    this.#texts.set(node, read)
    return read
  }

  /** What an effect fills a table with. `named` gives the node whose value a variable has. */
  async filled(
    effect: Effect,
    named: (variable: ProgramNode) => ProgramNode | undefined,
  ): Promise<TableContent | undefined> {
    const { node } = effect
    if (inputCount(node.op)?.least === 3) {
      const [keys, values] = [await this.assigned(effect, 1), await this.assigned(effect, 2)]
      return keys && values && { kind: 'elements', keys, values }
    }
    const file = traced(effect, 1)
    // The path of an asset goes through a variable.
    const variable = file?.node.op === 'ReadVariableOp' ? tracedFrom(effect, file, 0) : undefined
    const source = variable ? named(variable.node) : file?.node
    const path = source && this.#program.assets.get(source.name)
    return path === undefined ? undefined : { kind: 'file', path, tree: this.#tree, node }
  }
}
