/** Places in `TRANSFORMS`. */
const ROTATED = 1
const FOLDED = 2
const DIFFERENCE = 3

/** `CodecLoops.split`. */
export function splitPlanes(
  memory: Uint8Array,
  source: number,
  count: number,
  log: number,
  transform: number,
  base: number,
  target: number,
  stride: number,
): void {
  if (log === 3) {
    splitWide(memory, source, count, transform, base, target, stride)
    return
  }
  const width = 1 << log
  for (let i = 0; i < count; i++) {
    const at = i * width
    let value = read(memory, source + at, width)
    if (transform === DIFFERENCE) value -= read(memory, base + at, width)
    value = transformed(value, 8 * width, transform)
    for (let p = 0; p < width; p++) memory[target + p * stride + i] = value >>> (8 * p)
  }
}

/** `CodecLoops.join`, with the planes' addresses. */
export function joinPlanes(
  memory: Uint8Array,
  planes: Uint32Array,
  count: number,
  log: number,
  transform: number,
  base: number,
  target: number,
): void {
  if (log === 3) {
    joinWide(memory, planes, count, transform, base, target)
    return
  }
  const width = 1 << log
  for (let i = 0; i < count; i++) {
    let value = 0
    for (let p = 0; p < width; p++) value |= memory[planes[p]! + i]! << (8 * p)
    value = restored(value, 8 * width, transform)
    if (transform === DIFFERENCE) value += read(memory, base + i * width, width)
    for (let p = 0; p < width; p++) memory[target + i * width + p] = value >>> (8 * p)
  }
}

/** 1, 2 or 4 bytes, as 32 bits. */
function read(memory: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let p = 0; p < width; p++) value |= memory[at + p]! << (8 * p)
  return value
}

/** Bits above `bits` are anything, before and behind. */
function transformed(value: number, bits: number, transform: number): number {
  const sign = (value >>> (bits - 1)) & 1
  if (transform === ROTATED) return (value << 1) | sign
  if (transform === FOLDED || transform === DIFFERENCE) return (value << 1) ^ -sign
  return value
}

/** `value` has no bits above `bits`. */
function restored(value: number, bits: number, transform: number): number {
  if (transform === ROTATED) return (value >>> 1) | ((value & 1) << (bits - 1))
  if (transform === FOLDED || transform === DIFFERENCE) return (value >>> 1) ^ -(value & 1)
  return value
}

function splitWide(
  memory: Uint8Array,
  source: number,
  count: number,
  transform: number,
  base: number,
  target: number,
  stride: number,
): void {
  const view = new DataView(memory.buffer)
  for (let i = 0; i < count; i++) {
    let value = view.getBigUint64(source + 8 * i, true)
    if (transform === DIFFERENCE) value -= view.getBigUint64(base + 8 * i, true)
    const sign = (value >> 63n) & 1n
    if (transform === ROTATED) value = (value << 1n) | sign
    else if (transform !== 0) value = (value << 1n) ^ -sign
    const bytes = BigInt.asUintN(64, value)
    for (let p = 0; p < 8; p++) memory[target + p * stride + i] = Number((bytes >> BigInt(8 * p)) & 255n)
  }
}

function joinWide(
  memory: Uint8Array,
  planes: Uint32Array,
  count: number,
  transform: number,
  base: number,
  target: number,
): void {
  const view = new DataView(memory.buffer)
  for (let i = 0; i < count; i++) {
    let value = 0n
    for (let p = 0; p < 8; p++) value |= BigInt(memory[planes[p]! + i]!) << BigInt(8 * p)
    if (transform === ROTATED) value = (value >> 1n) | ((value & 1n) << 63n)
    else if (transform !== 0) value = (value >> 1n) ^ -(value & 1n)
    if (transform === DIFFERENCE) value += view.getBigUint64(base + 8 * i, true)
    view.setBigUint64(target + 8 * i, BigInt.asUintN(64, value), true)
  }
}
