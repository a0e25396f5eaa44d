import { hexRows } from '@/domain/answers-bytes'
import { formatCount } from '@/domain/durations'
import { CopyIcon } from '@/ui/copy-button'
import classes from './command.module.css'

/** Bytes with offsets and characters, as every engineer knows it. */
export function HexView({ title, hex }: { readonly title: string; readonly hex: string }) {
  return (
    <figure className={classes.hex}>
      <figcaption>Bytes of {title}: {formatCount(hex.length / 2, 'byte')} <CopyIcon value={hex} what="bytes" /></figcaption>
      <table>
        <thead className={classes.unseen}><tr><th>Offset</th><th>Bytes</th><th>Characters</th></tr></thead>
        <tbody>
          {hexRows(hex).map(({ offset, bytes, text }) => (
            <tr key={offset}><th scope="row">{offset}</th><td>{bytes.slice(0, 8).join(' ')}  {bytes.slice(8).join(' ')}</td><td>{text}</td></tr>
          ))}
        </tbody>
      </table>
    </figure>
  )
}
