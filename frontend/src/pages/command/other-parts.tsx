import type { AnswerChunk } from '@/domain/answers'
import layout from '@/ui/layout.module.css'
import classes from './command.module.css'

interface OtherPartsProps {
  readonly chunks: readonly AnswerChunk[]
  readonly title?: string
}

/** Parts with no form of their own: as JSON, nothing left out. */
export function OtherParts({ chunks, title = 'Further parts' }: OtherPartsProps) {
  return (
    <section className={layout.card} aria-label={title}>
      <h2 className={classes.title}>{title}</h2>
      {chunks.slice(0, 200).map(({ sequenceNumber, payload }) => <Json key={sequenceNumber} value={payload} label={title} />)}
      {chunks.length > 200 && <p className={classes.dim}>The first 200 of {chunks.length}; all of them stand in the raw answer below.</p>}
    </section>
  )
}

export function Json({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    // Long texts scroll inside: the keyboard has to reach them.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be focusable (WCAG 2.1.1)
    <pre className={classes.json} tabIndex={0} role="region" aria-label={label}>{JSON.stringify(value, null, 2)}</pre>
  )
}
