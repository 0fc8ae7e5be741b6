using System.Buffers.Binary;
using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.Languages;
using Athanor.Data.Tests.Testing;
using Athanor.Runs.Stages;

namespace Athanor.Data.Tests.Languages;

public sealed class LanguageStageTests : IDisposable
{
    private static readonly (string Code, string[] Words)[] Tongues =
    [
        ("de", "Datei Ordner nicht ge\u00F6ffnet werden konnte gel\u00F6scht Fehler beim Schreiben Verbindung zum Rechner wurde unterbrochen".Split(' ')),
        ("fr", "fichier dossier impossible d'ouvrir supprim\u00E9 erreur lors de l'\u00E9criture connexion avec l'ordinateur interrompue".Split(' ')),
        ("en", "file folder cannot be opened was deleted error while writing the connection with that computer has been interrupted".Split(' ')),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Languages_are_learned_from_message_catalogues()
    {
        foreach ((string code, string[] words) in Tongues[..2])
            Write($"locales/{code}_XX/LC_MESSAGES/p.mo", Messages(Tongues[2].Words, 600, 1).Zip(Messages(words, 600, 2)), swapped: code == "fr");
        Write("locales/sr@latin/LC_MESSAGES/p.mo", Messages(Tongues[2].Words, 600, 1).Zip(Messages(Tongues[0].Words, 600, 2)), swapped: false);
        _folder.Write("texts.txt", string.Join('\n', Tongues.Select(tongue => Messages(tongue.Words, 1, 9)[0])));
        IReadOnlyDictionary<string, Artifact> made = await DataRecipe.Run(_folder, """
            stages:
              texts: { use: read_text, path: texts.txt, unit: line }
              model: { use: train_language_id, locales: locales, min_text: 1000 }
              filter: { use: language, from: [texts, model], keep: [de, en], min_score: 0.5, lines: remove }
            """);
        Assert.Equal("de en fr", made["model"].Manifest.Notes["labels"]);
        Assert.Equal(["de", "en"], DocumentFile.Read(made["filter"].PathOf(DocumentFile.Name)).Select(document => document.Metadata["language"]));
        Assert.Contains("\"fr\"", Assert.Single(File.ReadAllLines(made["filter"].PathOf("removed.jsonl"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_translations_is_told_where_a_model_is()
    {
        Directory.CreateDirectory(_folder["locales"]);
        StageException error = await Assert.ThrowsAsync<StageException>(() => DataRecipe.Run(_folder, "stages: { model: { use: train_language_id, locales: locales } }"));
        Assert.Contains("lid.176.ftz", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_catalogues_give_what_can_be_read()
    {
        Write("a.mo", Messages(Tongues[2].Words, 50, 1).Zip(Messages(Tongues[0].Words, 50, 2)), swapped: false);
        byte[] whole = File.ReadAllBytes(_folder["a.mo"]);
        Assert.Equal(50, GettextCatalog.Read(whole).Count());
        var random = new Random(1);
        for (int round = 0; round < 5000; round++)
        {
            byte[] file = whole[..random.Next(whole.Length + 1)];
            for (int change = random.Next(4); change > 0 && file.Length > 0; change--)
                file[random.Next(random.Next(2) == 0 ? Math.Min(40, file.Length) : file.Length)] = (byte)random.Next(256);
            Assert.InRange(GettextCatalog.Read(file).Count(), 0, 60);
        }
    }

    [Fact]
    public void The_SDK_has_translations()
    {
        var texts = new LanguageTexts(50_000);
        if (LanguageTexts.Sdk is not { } sdk)
            return;
        texts.ReadSatellites(sdk);
        Assert.True(texts.Files == 0 || texts.Texts.ContainsKey("de"));
        if (texts.Files > 0)
            Assert.Contains(" nicht ", texts.Texts["de"].ToString(), StringComparison.Ordinal);
    }

    private static string[] Messages(string[] words, int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(4, 12)).Select(_ => words[random.Next(words.Length)])))];
    }

    private void Write(string name, IEnumerable<(string Original, string Translation)> messages, bool swapped)
    {
        (byte[] Original, byte[] Translation)[] entries =
            [([], Encoding.UTF8.GetBytes("Content-Type: text/plain; charset=UTF-8\n")), .. messages.Select(message => (Encoding.UTF8.GetBytes(message.Original), Encoding.UTF8.GetBytes(message.Translation)))];
        var file = new MemoryStream();
        int at = 28 + (16 * entries.Length);
        foreach (uint number in (uint[])[0x950412DE, 0, (uint)entries.Length, 28, (uint)(28 + (8 * entries.Length)), 0, 0])
            Number(number);
        foreach (byte[] text in entries.Select(entry => entry.Original).Concat(entries.Select(entry => entry.Translation)))
        {
            Number((uint)text.Length);
            Number((uint)at);
            at += text.Length + 1;
        }
        foreach (byte[] text in entries.Select(entry => entry.Original).Concat(entries.Select(entry => entry.Translation)))
        {
            file.Write(text);
            file.WriteByte(0);
        }
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllBytes(_folder[name], file.ToArray());

        void Number(uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            if (swapped)
                BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            file.Write(bytes);
        }
    }
}
