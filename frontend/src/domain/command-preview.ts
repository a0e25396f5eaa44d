/** What a command would send, as lines for people. */
import type { components } from '@/contracts/openapi'
import { linkName } from './presence'

type Preview = components['schemas']['PreviewOut']

export interface PreviewLine {
  /** `2E 01 10 03 20`, or `GET {base}/components`. */
  readonly sent: string
  readonly to: string
  readonly meaning: string
}

/** Whether anything is known before the vehicle is asked: the mock gets no bytes, and a SOVD server decides itself what else is called. */
export function canBePreviewed(address: string, commandName: string): boolean {
  const link = linkName(address)
  return link === 'DoIP' || (link === 'SOVD' && commandName === 'SOVDRequest')
}

export function previewLines({ requests }: Preview): readonly PreviewLine[] {
  return requests.map(({ raw, ecu_address: ecu, method, uri, body, meaning }) =>
    raw === null
      ? { sent: [method, uri, body === null ? null : JSON.stringify(body)].filter((part) => part !== null).join(' '), to: 'the SOVD server', meaning }
      : { sent: (raw.match(/../g) ?? []).join(' '), to: `ECU ${ecu ?? ''}`, meaning },
  )
}
