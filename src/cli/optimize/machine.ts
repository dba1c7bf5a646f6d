import { readFile } from 'node:fs/promises'
import { arch, cpus } from 'node:os'
import type { Machine } from '../../api/index.ts'

/** What kernels of onnxruntime choose by; others change nothing of a model's speed or answers. */
const TELLING: ReadonlySet<string> = new Set([
  'avx',
  'avx2',
  'fma',
  'f16c',
  'avx_vnni',
  'avx512f',
  'avx512bw',
  'avx512vl',
  'avx512_vnni',
  'avx512_bf16',
  'avx512_fp16',
  'amx_tile',
  'amx_int8',
  'amx_bf16',
  'asimd',
  'asimdhp',
  'asimddp',
  'i8mm',
  'bf16',
  'sve',
  'sve2',
])

/** This machine, as far as figures depend on it. */
export async function thisMachine(threads: number): Promise<Machine> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  return {
    processor: cpus()[0]?.model.trim() || 'unknown',
    architecture: arch(),
    instructions: instructionsIn(text),
    threads,
  }
}

/** Of the first processor in Linux' /proc/cpuinfo: `flags` on x86, `Features` on arm64. */
export function instructionsIn(cpuinfo: string): string[] {
  const [, flags = ''] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo) ?? []
  return flags.split(/\s+/).filter(flag => TELLING.has(flag))
}
