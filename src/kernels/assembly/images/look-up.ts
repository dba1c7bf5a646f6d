/**
 * Each of `count` pixels of three bytes by the tables of 256 float32 behind one another at `tables`: into three planes
 * that begin `plane` bytes apart, or pixel by pixel where `plane` is 0.
 */
export function lookUp(source: usize, count: i32, tables: usize, target: usize, plane: usize): void {
  if (plane == 0) {
    for (let i: i32 = 0; i < count; i++) {
      store<f32>(target, load<f32>(tables + (<usize>load<u8>(source) << 2)))
      store<f32>(target, load<f32>(tables + (<usize>load<u8>(source, 1) << 2), 1024), 4)
      store<f32>(target, load<f32>(tables + (<usize>load<u8>(source, 2) << 2), 2048), 8)
      source += 3
      target += 12
    }
    return
  }
  const second = target + plane
  const third = second + plane
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    store<f32>(target + i, load<f32>(tables + (<usize>load<u8>(source) << 2)))
    store<f32>(second + i, load<f32>(tables + (<usize>load<u8>(source, 1) << 2), 1024))
    store<f32>(third + i, load<f32>(tables + (<usize>load<u8>(source, 2) << 2), 2048))
    source += 3
  }
}
