/**
 * Checkpoints in the browser's private file system (OPFS): two slots in turn, so that one is whole at any moment, whenever a tab is closed.
 * The tensors of a slot are written before the file that names their hashes.
 */
import type { Histories } from './messages.ts';
import type { RunSettings } from './settings.ts';

export interface SavedRun {
  readonly settings: RunSettings;
  readonly histories: Histories;
  /** Steps done, of the run that was asked for. */
  readonly step: number;
}

/** What a slot's main file holds. */
export interface SlotContent extends SavedRun {
  readonly format: typeof slotFormat;
  /** The newer of two slots has the larger one. */
  readonly number: number;
  /** Of the states of the runs; their tensors are in files of their own. */
  readonly manifests: readonly string[];
}

export const slotFormat = 'lockstep browser run 1';
export const slots = ['a', 'b'] as const;
export type Slot = (typeof slots)[number];

/** The tab that holds it is the one that writes. */
export const saveLock = 'lockstep-saved-run';

export function mainFile(slot: Slot): string {
  return `run-${slot}.json`;
}

export function tensorFile(slot: Slot, run: number): string {
  return `run-${slot}-${run}.safetensors`;
}

/** @throws where there is no such file system. */
export async function saveFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle('lockstep', { create: true });
}

/** What there is to go on with, by its main file; undefined without any. */
export async function findSavedRun(): Promise<SavedRun | undefined> {
  try {
    return (await readSlots(await saveFolder()))[0]?.content;
  } catch {
    return undefined;
  }
}

export async function forgetSavedRun(): Promise<void> {
  const folder = await saveFolder();
  for await (const name of folder.keys()) await folder.removeEntry(name);
}

/** The slots whose main file is whole, newest first. */
export async function readSlots(folder: FileSystemDirectoryHandle): Promise<{ slot: Slot; content: SlotContent }[]> {
  const found = await Promise.all(
    slots.map(async (slot) => {
      try {
        const handle = await folder.getFileHandle(mainFile(slot));
        const file = await handle.getFile();
        const content = JSON.parse(await file.text()) as SlotContent;
        return content.format === slotFormat ? [{ slot, content }] : [];
      } catch {
        // Absent, or cut off: the other one is whole.
        return [];
      }
    }),
  );
  return found.flat().sort((a, b) => b.content.number - a.content.number);
}
