import { systemCode } from '../../core/index.ts'

/** Ends quietly when whoever reads has seen enough: `ballast inspect model.onnx --graph | head`. */
export function endWithReader(): void {
  process.stdout.on('error', error => {
    if (systemCode(error) !== 'EPIPE') throw error
    process.exit()
  })
}
