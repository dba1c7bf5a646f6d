import { formatSize } from '../../../../core/index.ts'
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../../../formats/index.ts'
import type { Kept } from '../../../types.ts'
import { nameOf } from '../../weights.ts'
import type { Computer } from '../computer.ts'
import type { Node } from '../world/types.ts'
import type { World } from '../world/world.ts'
import { type Group, groupsOf, MAX_GROWTH_BYTES } from './groups.ts'

/** Processes for one model: each takes about half a second to start. */
const MAX_RUNS = 64
/** What one process computes at once, if it is more than one group. */
const MAX_BATCH_BYTES = 512 * 1024 * 1024

const LARGER = `its result is larger than what it replaces by more than ${formatSize(MAX_GROWTH_BYTES)}`
const FAILED = 'the runtime could not compute it beforehand'

/** Folds subgraphs of constants by running them; those that can't be run stay, and are not tried again. */
export class Folding {
  readonly kept: Kept[] = []
  readonly #computer: Computer
  readonly #model: OnnxModel
  readonly #failed = new Set<Node>()
  readonly #told = new Set<Node>()
  #runs = 0

  constructor(model: OnnxModel, computer: Computer) {
    this.#model = model
    this.#computer = computer
  }

  async fold(world: World): Promise<void> {
    const groups = groupsOf(world, node => this.#keep(node, LARGER)).filter(
      ({ nodes }) => !nodes.some(node => this.#failed.has(node)),
    )
    for (const batch of batches(groups)) await this.#batch(world, batch)
  }

  /** Of a batch that can't be run, each half is tried alone. */
  async #batch(world: World, groups: readonly Group[]): Promise<void> {
    if (this.#runs >= MAX_RUNS) return
    this.#runs++
    const results = await this.#computer.compute(this.#modelOf(world, groups))
    if (results && groups.every(({ outputs }) => outputs.every(output => results.has(output)))) {
      for (const group of groups) put(world, group, results)
    } else if (groups.length > 1) {
      const middle = Math.ceil(groups.length / 2)
      await this.#batch(world, groups.slice(0, middle))
      await this.#batch(world, groups.slice(middle))
    } else
      for (const node of groups[0]!.nodes) {
        this.#failed.add(node)
        this.#keep(node, FAILED)
      }
  }

  #keep(node: Node, why: string): void {
    if (this.#told.has(node)) return
    this.#told.add(node)
    this.kept.push({ node: nameOf(node), op: node.op, why })
  }

  #modelOf(world: World, groups: readonly Group[]): OnnxModel {
    const names = new Set(groups.flatMap(({ inputs }) => inputs))
    return {
      irVersion: Math.max(this.#model.irVersion ?? 4, 4),
      opsets: this.#model.opsets,
      graph: {
        name: 'constants',
        nodes: groups.flatMap(({ nodes }) => nodes.map(plain)),
        inputs: [],
        outputs: groups.flatMap(({ outputs }) =>
          outputs.map(name => {
            const { dtype, shape } = world.values.get(name)!
            return { name, dtype, ...(shape && { shape }) }
          }),
        ),
        initializers: [...names].map(name => world.constants.get(name)!),
      },
    }
  }
}

function put(world: World, { nodes, outputs }: Group, results: ReadonlyMap<string, OnnxTensor>): void {
  for (const output of outputs) {
    const maker = world.maker(output)!
    const constant = world.addConstant(output, results.get(output)!)
    world.replace(output, constant)
    if (world.isOutput(output)) give(world, maker, output, constant)
  }
  for (const node of nodes) if (node.body.nodes.has(node) && !isGiving(world, node)) world.remove(node)
}

/** A graph gives no constant itself; an Identity of one gives it. */
function give(world: World, maker: Node, output: string, constant: string): void {
  world.setOutput(maker, maker.outputs.indexOf(output), '')
  world.add({ op: 'Identity', inputs: [constant], outputs: [output], like: maker })
}

const isGiving = (world: World, node: Node) => node.outputs.some(output => world.isOutput(output))

function plain({ op, domain, inputs, outputs, attributes }: Node): OnnxNode {
  return { op, ...(domain && { domain }), inputs, outputs, attributes }
}

function batches(groups: readonly Group[]): readonly (readonly Group[])[] {
  const all: Group[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const group of groups) {
    if (bytes + group.bytes > MAX_BATCH_BYTES) {
      all.push([])
      bytes = 0
    }
    all.at(-1)!.push(group)
    bytes += group.bytes
  }
  return all
}
