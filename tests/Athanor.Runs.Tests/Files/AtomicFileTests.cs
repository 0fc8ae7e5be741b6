using Athanor.Runs.Files;
using Athanor.Runs.Tests.Testing;

namespace Athanor.Runs.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_failed_write_leaves_what_was_there()
    {
        string path = _folder.Write("a.txt", "before");
        Assert.Throws<InvalidDataException>(() => AtomicFile.Write(path, stream => { stream.Write("half"u8); throw new InvalidDataException(); }));
        Assert.Equal("before", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFiles(_folder.FullName));
        AtomicFile.WriteText(path, "after");
        Assert.Equal("after", File.ReadAllText(path));
    }

    [Fact]
    public async Task Readers_see_one_whole_text_or_the_other()
    {
        string path = _folder["a.txt"], a = new('a', 100_000), b = new('b', 100_000);
        AtomicFile.WriteText(path, a);
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            try
            {
                for (int i = 0; i < 100; i++)
                    AtomicFile.WriteText(path, i % 2 == 0 ? b : a);
            }
            finally
            {
                stop.Cancel();
            }
        });
        while (!stop.IsCancellationRequested)
        {
            string text = File.ReadAllText(path);
            Assert.True(text == a || text == b, "A reader saw a mixture.");
        }
        await writer;
    }

    [Fact]
    public void A_full_disk_is_called_by_its_name_and_leaves_nothing()
    {
        int code = OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28;
        var error = Assert.Throws<StorageException>(() => AtomicFile.Write(_folder["a"], _ => throw new IOException("full", code)));
        Assert.Contains("The disk is full", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.FullName));
    }
}
