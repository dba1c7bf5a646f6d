import { sourceOf } from '../../../src/core/index.ts'
import { type ScanReport, scanSource, scanTree } from '../../../src/formats/scan/index.ts'
import { memoryTree } from '../../../src/formats/tree/memory.ts'

/** Scans bytes as a file of that name. */
export function scanBytes(content: Uint8Array | string, name = 'model.bin'): Promise<ScanReport> {
  return scanSource(sourceOf(Buffer.from(content), name))
}

/** Scans files in memory as a folder. */
export function scanFolder(files: Readonly<Record<string, Uint8Array | string>>): Promise<ScanReport> {
  return scanTree(
    memoryTree(new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]))),
  )
}

/** `rule level`, of all findings. */
export function told(report: ScanReport): string[] {
  return report.findings.map(({ rule, level }) => `${rule} ${level}`)
}
