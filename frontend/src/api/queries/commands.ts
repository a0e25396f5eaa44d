import { queryOptions } from '@tanstack/react-query'
import type { components, operations } from '@/contracts/openapi'
import { answer, type Api } from '../client'

export type Command = components['schemas']['CommandOut']
export type CommandList = components['schemas']['CommandList']
export type CommandDefinition = components['schemas']['CommandDefinitionOut']
export type CommandFilter = NonNullable<operations['listCommands']['parameters']['query']>
export type Submission = components['schemas']['SubmitRequest']
export type PreviewWanted = components['schemas']['PreviewIn']
export type CommandPreview = components['schemas']['PreviewOut']

/** Keys of everything about commands. Live changes patch by them (src/live/query-patches.ts). */
export const commandKeys = {
  all: ['commands'] as const,
  lists: ['commands', 'list'] as const,
  list: (filter: CommandFilter) => ['commands', 'list', filter] as const,
  ones: ['commands', 'one'] as const,
  one: (commandId: string) => ['commands', 'one', commandId] as const,
  responses: (commandId: string) => ['commands', 'responses', commandId] as const,
  timeline: (commandId: string) => ['commands', 'timeline', commandId] as const,
  preview: (vehicleId: string, wanted: PreviewWanted) => ['commands', 'preview', vehicleId, wanted] as const,
  definitions: ['command-definitions'] as const,
}

const at = (commandId: string) => ({ path: { command_id: commandId } })

export const commandListQuery = (api: Api, filter: CommandFilter) =>
  queryOptions({
    queryKey: commandKeys.list(filter),
    queryFn: ({ signal }) => answer(api.GET('/api/v1/commands', { params: { query: filter }, signal })),
  })

export const commandQuery = (api: Api, commandId: string) =>
  queryOptions({
    queryKey: commandKeys.one(commandId),
    queryFn: ({ signal }) => answer(api.GET('/api/v1/commands/{command_id}', { params: at(commandId), signal })),
  })

export const responsesQuery = (api: Api, commandId: string) =>
  queryOptions({
    queryKey: commandKeys.responses(commandId),
    queryFn: ({ signal }) => answer(api.GET('/api/v1/commands/{command_id}/responses', { params: at(commandId), signal })),
  })

export const timelineQuery = (api: Api, commandId: string) =>
  queryOptions({
    queryKey: commandKeys.timeline(commandId),
    queryFn: ({ signal }) => answer(api.GET('/api/v1/commands/{command_id}/timeline', { params: at(commandId), signal })),
  })

export const definitionsQuery = (api: Api) =>
  queryOptions({
    queryKey: commandKeys.definitions,
    staleTime: 10 * 60_000,
    queryFn: async ({ signal }) => (await answer(api.GET('/api/v1/command-definitions', { signal }))).items,
  })

/** What a command would send to a vehicle; nothing is sent. */
export const commandPreviewQuery = (api: Api, vehicleId: string, wanted: PreviewWanted) =>
  queryOptions({
    queryKey: commandKeys.preview(vehicleId, wanted),
    queryFn: ({ signal }) =>
      answer(api.POST('/api/v1/vehicles/{vehicle_id}/command-previews', { params: { path: { vehicle_id: vehicleId } }, body: wanted, signal })),
  })

/** Sends a command. The same `idempotencyKey` never runs twice, however often it is sent. */
export function submitCommand(api: Api, submission: Submission, idempotencyKey: string): Promise<Command> {
  const params = { header: { 'Idempotency-Key': idempotencyKey } }
  return answer(api.POST('/api/v1/commands', { params, body: submission }))
}

export function cancelCommand(api: Api, commandId: string, reason: string | null): Promise<Command> {
  return answer(api.POST('/api/v1/commands/{command_id}/cancel', { params: at(commandId), body: { reason } }))
}
