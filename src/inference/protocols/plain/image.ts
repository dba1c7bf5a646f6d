import { imageFormat } from '../../../model/index.ts'

/**
 * Whether bytes begin as an image does, of any format that is known. The content type decides nothing: `curl
 * --data-binary` calls every body a form.
 */
export function looksLikeImage(bytes: Buffer): boolean {
  return imageFormat(bytes) !== undefined
}
