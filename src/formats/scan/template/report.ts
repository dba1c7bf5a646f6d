import type { Place, ScanSink } from '../types.ts'
import { scanTemplate } from './scan.ts'

/** Judges a template and tells what it finds, with the key under which it stands. */
export function reportTemplate(template: string, at: Place, sink: Pick<ScanSink, 'add'>): void {
  for (const { rule, level, what, line } of scanTemplate(template))
    sink.add({ rule, level, what, at: { ...at, line } })
}
