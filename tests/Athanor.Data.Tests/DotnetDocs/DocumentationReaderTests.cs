using System.Text;
using Athanor.Data.Documents;
using Athanor.Data.DotnetDocs;
using Athanor.Data.Tests.Testing;

namespace Athanor.Data.Tests.DotnetDocs;

public sealed class DocumentationReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_member_reads_like_prose()
    {
        Document document = Read("""
            <member name="M:System.Array.Resize``1(``0[]@,System.Int32)">
              <summary>Changes the number of elements of a
                 <see cref="T:System.Array" /> like <c>a[0]</c>, see <see href="https://x.y">there</see> or <see langword="null" />.</summary>
              <param name="array">The array; <paramref name="newSize" /> counts.</param>
              <param name="newSize"> </param>
              <typeparam name="TItem">The type, <typeparamref name="TItem" />.</typeparam>
              <returns><para>First.</para><para>Second.</para></returns>
              <exception cref="T:System.ArgumentOutOfRangeException"><paramref name="newSize" /> is less than zero.</exception>
              <remarks>Use:<code>
                  var a = 1;
                    b();
              </code><list type="bullet"><listheader><term>Head</term><description>Text</description></listheader>
              <item><term> -1</term><description><para>Less.</para></description></item><item>One</item></list>End.</remarks>
            </member>
            """)[0];
        Assert.Equal("""
            System.Array.Resize<TItem>(ref TItem[], System.Int32)
            Changes the number of elements of a Array like a[0], see there or null.
            Type parameter TItem: The type, TItem.
            Parameter array: The array; newSize counts.
            Returns: First.
            Second.
            Throws ArgumentOutOfRangeException: newSize is less than zero.
            Use:
            var a = 1;
              b();
            - -1: Less.
            - One
            End.
            """.ReplaceLineEndings("\n"), document.Text);
        Assert.Equal("System.Array", document.Metadata["type"]);
        Assert.Equal("method", document.Metadata["kind"]);
        Assert.Equal("dotnet", document.Source);
    }

    [Theory]
    [InlineData("T:System.Collections.Generic.List`1", "System.Collections.Generic.List<T>")]
    [InlineData("M:A.B.#ctor", "new A.B()")]
    [InlineData("M:A.B.#ctor(System.Int32)", "new A.B(System.Int32)")]
    [InlineData("M:A.B`1.#ctor(`0,System.Collections.Generic.IEnumerable{`0})", "new A.B<T>(T, System.Collections.Generic.IEnumerable<T>)")]
    [InlineData("M:A.B.System#Collections#IList#Clear", "A.B.System.Collections.IList.Clear()")]
    [InlineData("M:A.B.op_Explicit(A.B)~System.Int32", "A.B.op_Explicit(A.B) to System.Int32")]
    [InlineData("M:A.B.C(System.Int32[0:,0:],System.Collections.Generic.Dictionary{System.String,System.Int32}@)", "A.B.C(System.Int32[,], ref System.Collections.Generic.Dictionary<System.String, System.Int32>)")]
    [InlineData("P:A.B.Item(System.Int32)", "A.B.Item(System.Int32)")]
    [InlineData("F:A.B.C", "A.B.C")]
    public void Names_are_written_as_people_write_them(string id, string expected)
    {
        Document document = Read($"<member name=\"{id}\"><summary>S.</summary></member>")[0];
        Assert.Equal(expected + "\nS.", document.Text);
    }

    [Fact]
    public void Type_parameters_are_called_as_their_type_documents_them()
    {
        Document[] read = Read("""
            <member name="T:A.Map`2"><summary>S.</summary><typeparam name="TKey">K.</typeparam><typeparam name="TValue">V.</typeparam></member>
            <member name="M:A.Map`2.Add(`0,`1)"><summary>Adds to <see cref="T:A.Map`2" />.</summary></member>
            """);
        Assert.Equal("A.Map<TKey, TValue>.Add(TKey, TValue)\nAdds to Map<TKey, TValue>.", read[1].Text);
    }

    [Fact]
    public void Members_that_say_nothing_are_left_out()
    {
        var reader = new DocumentationReader();
        string path = Xml("<member name=\"F:A.B\"/><member name=\"F:A.C\"><summary> </summary></member><member name=\"F:A.D\"><inheritdoc/></member><member name=\"bad\"><summary>x</summary></member>");
        Assert.Empty(reader.Read(path));
        Assert.Equal(3, reader.Empty);
    }

    [Theory]
    [InlineData("<member name=\"F:A.B\"><summary>x</member>")]
    [InlineData("<member name=\"F:A.B\"><summary>&undefined;</summary></member>")]
    [InlineData("<member name=\"F:A.B\"><sum")]
    public void Malformed_xml_keeps_what_stands_before_it_and_names_the_line(string bad)
    {
        string path = Xml("<member name=\"F:A.A\"><summary>Fine.</summary></member>\n\n" + bad);
        var skipped = new List<SkippedPlace>();
        Document read = Assert.Single(new DocumentationReader().Read(path, skipped.Add));
        Assert.Equal("A.A\nFine.", read.Text);
        Assert.Equal("Some.Library.xml", Assert.Single(skipped).File);
        Assert.InRange(skipped[0].Line, 4, 6);
    }

    [Fact]
    public void Entities_that_would_read_other_files_are_refused()
    {
        string path = _folder.Write("x.xml", "<!DOCTYPE doc [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><doc><members><member name=\"F:A.B\"><summary>&e;</summary></member></members></doc>");
        var skipped = new List<SkippedPlace>();
        Assert.Empty(new DocumentationReader().Read(path, skipped.Add));
        Assert.Single(skipped);
    }

    [Theory]
    [InlineData("<list><item>", "para", "</item></list>", "x\n-")]
    [InlineData("<list><item>", "list", "</item></list>", "x\n-")]
    [InlineData("", "para", "", "x")]
    [InlineData("<see>", "b", "</see>", "x")]
    [InlineData("", "code", "", "x")]
    public void Nesting_without_end_is_cut_off(string before, string inner, string behind, string expected)
    {
        const int Depth = 100_000;
        string Repeat(string part) => string.Concat(Enumerable.Repeat(part, Depth));
        Document[] read = Read($"<member name=\"F:A.A\"><remarks>x{before}{Repeat($"<{inner}>")}y{Repeat($"</{inner}>")}{behind}</remarks></member><member name=\"F:A.B\"><summary>z</summary></member>");
        Assert.Equal(["A.A\n" + expected, "A.B\nz"], read.Select(document => document.Text));
    }

    [Theory]
    [InlineData("(:A.B", "(:A.C(x")]
    [InlineData("~:A", "~:~")]
    [InlineData("!:A.B", "!:A.C")]
    [InlineData("M:``", "T:`")]
    [InlineData("M:A.B(`,``,@[,[]@", "M:A.B(}@,{")]
    public void Damaged_names_are_read_as_they_stand(string name, string reference) =>
        Assert.Single(Read($"<member name=\"{name}\"><summary>S. <see cref=\"{reference}\"/></summary></member>"));

    [Fact]
    public void A_name_without_end_is_refused_by_its_line()
    {
        var skipped = new List<SkippedPlace>();
        Assert.Single(new DocumentationReader().Read(Xml($"<member name=\"F:A.A\"><summary>x</summary></member>\n<member name=\"M:A{new string('`', 1 << 20)}\"><summary>x</summary></member>"), skipped.Add));
        Assert.Contains("name has", Assert.Single(skipped).Problem, StringComparison.Ordinal);
        Assert.Equal(4, skipped[0].Line);
    }

    [Fact]
    public void Names_of_type_parameters_are_repeated_only_where_they_are_short()
    {
        string name = new('T', 10_000);
        Document[] read = Read($"<member name=\"T:A.B`1\"><summary>{string.Concat(Enumerable.Repeat("<see cref=\"T:A.B`1\"/> ", 100))}</summary><typeparam name=\"{name}\">x</typeparam></member>");
        Assert.InRange(read[0].Text.Length, 100, 12_000);
    }

    [Fact]
    public void The_origin_is_the_byte_of_the_member()
    {
        string path = Xml("<member name=\"F:A.\u00e9\"><summary>\u4e2d\ud83d\ude00</summary></member><member name=\"F:A.B\"><summary>x</summary></member>\r\n  <member name=\"F:A.C\"><summary>y</summary></member>");
        byte[] bytes = File.ReadAllBytes(path);
        foreach (Document document in new DocumentationReader().Read(path))
        {
            string there = Encoding.UTF8.GetString(bytes.AsSpan((int)document.Origin!.Offset));
            Assert.StartsWith($"<member name=\"{document.Id.Split('/')[1]}\"", there, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_running_sdk_has_its_documentation_or_a_message_says_what_to_do()
    {
        try
        {
            IReadOnlyList<string> files = DocumentationFiles.Find();
            Assert.Equal(files.Order(StringComparer.Ordinal).Count(), files.Distinct().Count());
            Document document = new DocumentationReader().Read(files[0]).First();
            Assert.NotEmpty(document.Text);
        }
        catch (FileNotFoundException e)
        {
            Assert.Contains("Install", e.Message, StringComparison.Ordinal);
        }
    }

    private Document[] Read(string members) => [.. new DocumentationReader().Read(Xml(members))];

    private string Xml(string members) => _folder.Write("Some.Library.xml", $"<?xml version=\"1.0\"?>\n<doc><assembly><name>Some</name></assembly><members>\n{members}</members></doc>");
}
