import { Link } from '@tanstack/react-router'
import type { EcuNode } from '@/domain/ecu-tree'
import { codeStatusWords, findUnit, type KnownCode } from '@/domain/ecu-tree-codes'
import { formatCount } from '@/domain/durations'
import layout from '@/ui/layout.module.css'
import { Age } from '@/ui/moments'
import { Loading, QueryStates } from '@/ui/states'
import { ToneBadge } from '@/ui/status-badge'
import { Card, Nothing } from './card'
import { SendLink } from './send-link'
import { useCodes, useEcus, type CodesKnowledge } from './use-vehicle'
import classes from './vehicle.module.css'

/** The trouble codes as they were when they were last read: the vehicle may have others by now. */
export function CodesCard({ vehicleId }: { readonly vehicleId: string }) {
  const query = useCodes(vehicleId)
  const since = query.data?.since ?? null
  return (
    <Card
      title="Last known trouble codes" beside={since !== null && <>read <Age at={since} /></>}
      action={since !== null && <SendLink vehicleId={vehicleId} command="ReadDTC">Read again</SendLink>}
    >
      <QueryStates query={query} loading={<Loading rows={3} />}>
        {(known) => <Codes known={known} vehicleId={vehicleId} />}
      </QueryStates>
    </Card>
  )
}

function Codes({ known, vehicleId }: { readonly known: CodesKnowledge; readonly vehicleId: string }) {
  const { data: ecus } = useEcus(vehicleId)
  if (known.since === null) {
    return (
      <Nothing action={<SendLink vehicleId={vehicleId} command="ReadDTC" variant="filled">Read trouble codes</SendLink>}>
        Nobody has read them yet, so nothing is known. Reading changes nothing in the vehicle.
      </Nothing>
    )
  }
  return (
    <>
      {known.clearedAt !== null && <p className={classes.warning}>Trouble codes were cleared <Age at={known.clearedAt} />, after this was read. Read them again.</p>}
      {!known.isWholeVehicle && <p className={classes.text}>Only some control units were read; others may have trouble codes too.</p>}
      {known.codes.length === 0
        ? <Nothing>{known.isWholeVehicle ? 'No trouble codes were stored.' : 'None in the control units that were read.'}</Nothing>
        : (
          <>
            <p className={classes.text}>{formatCount(known.codes.length, 'trouble code')}</p>
            <ul className={classes.codes}>{known.codes.map((code) => <Code key={`${code.code} ${code.ecuAddress ?? ''} ${code.component ?? ''}`} code={code} unit={unitOf(ecus?.value ?? [], code)} />)}</ul>
          </>
        )}
    </>
  )
}

/** The control unit's own name where it is known, else as the answer names it. */
function unitOf(ecus: readonly EcuNode[], code: KnownCode): string {
  return findUnit(ecus, code)?.name ?? code.component ?? code.ecuAddress ?? ''
}

function Code({ code, unit }: { readonly code: KnownCode; readonly unit: string }) {
  return (
    <li>
      <Link to="/commands/$commandId" params={{ commandId: code.commandId }} preload={false} className={layout.mono ?? ''}>{code.code}</Link>
      <ToneBadge tone={code.status === 'confirmed' || code.status === 'testFailed' ? 'bad' : code.status === 'pending' ? 'warning' : 'neutral'}>
        {codeStatusWords(code.status)}
      </ToneBadge>
      <span className={classes.quiet}>{unit}</span>
      <span className={classes.description}>{code.description}</span>
    </li>
  )
}
