import { useEffect, useRef, useState } from 'react'
import { useI18n } from '../../i18n/index.tsx'
import { Button } from '../../ui/button.tsx'

interface ImageDropProps {
  readonly onImage: (image: Blob) => void
  readonly busy: boolean
}

/** An image is sent as soon as it is dropped or chosen, as it is: the model's own preprocessing does the rest. */
export function ImageDrop({ onImage, busy }: ImageDropProps) {
  const { t } = useI18n()
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const [preview, setPreview] = useState<string>()
  useEffect(() => () => (preview ? URL.revokeObjectURL(preview) : undefined), [preview])
  const take = (file: File | undefined) => {
    if (!file) return
    setPreview(URL.createObjectURL(file))
    onImage(file)
  }
  return (
    <section
      aria-label={t('try.image')}
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault()
        setOver(false)
        take(event.dataTransfer.files[0])
      }}
      className={`flex min-h-28 items-center justify-center gap-4 rounded-md border border-dashed p-3 text-sm ${over ? 'border-accent bg-raised' : 'border-line'}`}
    >
      {preview && (
        <img
          src={preview}
          alt={t('try.preview')}
          className="max-h-24 min-h-16 max-w-32 rounded border border-line object-contain [image-rendering:pixelated]"
        />
      )}
      <div className="text-center text-soft">
        <p>{t('try.drop')}</p>
        <Button className="mt-1.5" disabled={busy} onClick={() => input.current?.click()}>
          {t('try.choose')}
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        onChange={event => {
          take(event.target.files?.[0])
          event.target.value = ''
        }}
      />
    </section>
  )
}
