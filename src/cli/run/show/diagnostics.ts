import { type Diagnostic, formatDiagnostic } from '../../../core/index.ts'
import { cleanLines } from '../../output/clean.ts'
import { paint } from '../../report.ts'

/** The place bold, the severity in its colour, on a terminal that wants colours. */
export function tellDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) {
    const line = cleanLines(formatDiagnostic(diagnostic))
    const mark = `: ${diagnostic.severity}: `
    const at = line.indexOf(mark)
    const severity = paint(diagnostic.severity === 'error' ? 'red' : 'yellow', diagnostic.severity)
    process.stderr.write(
      `${paint('bold', line.slice(0, at))}: ${severity}: ${line.slice(at + mark.length)}\n`,
    )
  }
}
