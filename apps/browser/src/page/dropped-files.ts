/** What was dropped on the page: files, and all files of folders with their paths. */

interface Found {
  readonly path: string;
  readonly file: File;
}

const mostFiles = 2 ** 20;

export async function droppedFiles(transfer: DataTransfer): Promise<Found[]> {
  // Entries are there only while the event is handled.
  const items = [...transfer.items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: Found[] = [];
  for (const { entry, file } of items) {
    if (entry) await walk(entry, entry.name, found);
    else if (file) found.push({ path: file.name, file });
  }
  return found;
}

async function walk(entry: FileSystemEntry, path: string, found: Found[]): Promise<void> {
  if (found.length >= mostFiles) return;
  if (isFile(entry)) {
    found.push({ path, file: await new Promise((done, failed) => entry.file(done, failed)) });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives some entries at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return;
    for (const inner of some) await walk(inner, `${path}/${inner.name}`, found);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
