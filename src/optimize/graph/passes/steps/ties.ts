import { createHash } from 'node:crypto'
import type { OnnxTensor } from '../../../../formats/index.ts'
import type { World } from '../world/world.ts'

/** Of larger constants, so much is compared first: most that have one type and shape differ there. */
const FIRST_BYTES = 4096

/** What is at hand is compared at once. */
function tieSmall(world: World): void {
  const first = new Map<string, string>()
  for (const tensor of [...world.constants.values()]) {
    if (typeof tensor.data === 'function') continue
    const digest = createHash('sha256')
    if (tensor.data instanceof Uint8Array) digest.update(tensor.data)
    else digest.update(JSON.stringify(tensor.data))
    tie(world, tensor, `${keyOf(tensor)} ${digest.digest('hex')}`, first)
  }
}

/**
 * Constants with the same elements are one: they are read once, and only where another has the same type and shape,
 * and begins in the same way.
 */
export async function tieWeights(world: World): Promise<void> {
  tieSmall(world)
  const alike = new Map<string, OnnxTensor[]>()
  const group = (key: string, tensor: OnnxTensor) =>
    void (alike.get(key)?.push(tensor) ?? alike.set(key, [tensor]))
  for (const tensor of world.constants.values())
    if (typeof tensor.data === 'function') group(keyOf(tensor), tensor)
  for (const tensors of pairs(alike))
    for (const tensor of tensors) group(`${keyOf(tensor)} ${await digestOf(tensor, FIRST_BYTES)}`, tensor)
  for (const tensors of pairs(alike)) {
    const first = new Map<string, string>()
    for (const tensor of tensors) tie(world, tensor, await digestOf(tensor, Number.POSITIVE_INFINITY), first)
  }
}

/** The groups of more than one, which are taken out. */
function pairs(groups: Map<string, OnnxTensor[]>): readonly (readonly OnnxTensor[])[] {
  const found = [...groups.values()].filter(tensors => tensors.length > 1)
  groups.clear()
  return found
}

function tie(world: World, { name }: OnnxTensor, key: string, first: Map<string, string>): void {
  // A graph gives it under its own name, and a body's own is not seen outside of it.
  if (world.isOutput(name) || world.users(name).size === 0) return
  const seen = first.get(key)
  if (seen === undefined) first.set(key, name)
  else world.replace(name, seen)
}

const keyOf = ({ dtype, shape }: OnnxTensor) => `${dtype} ${shape.join()}`

async function digestOf({ data }: OnnxTensor, most: number): Promise<string> {
  const hash = createHash('sha256')
  let left = most
  if (typeof data === 'function')
    for await (const piece of data()) {
      hash.update(piece.subarray(0, left))
      left -= piece.byteLength
      if (left <= 0) break
    }
  return hash.digest('hex')
}
