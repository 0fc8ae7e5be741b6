namespace Athanor.Data.Extraction;

/// <summary>The elements that extraction tells apart; all others are <see cref="Unknown"/> and behave like a span.</summary>
internal enum HtmlTag : byte
{
    Unknown, Text, Custom,
    A, Abbr, Address, Annotation, Applet, Area, Article, Aside, Audio, B, Base, Big, Blockquote, Body, Br, Button, Canvas, Caption, Center, Cite, Code, Col, Colgroup,
    Data, Datalist, Dd, Del, Details, Dialog, Dir, Div, Dl, Dt, Em, Embed, Fieldset, Figcaption, Figure, Font, Footer, Form, Frame, Frameset,
    H1, H2, H3, H4, H5, H6, Head, Header, Hgroup, Hr, Html, I, Iframe, Img, Input, Ins, Kbd, Label, Legend, Li, Link, Listing, Main, Map, Mark, Math, Menu, Menuitem, Meta, Meter,
    Nav, Noembed, Noframes, Noscript, Object, Ol, Optgroup, Option, Output, P, Param, Picture, Plaintext, Pre, Progress, Q, Rp, Rt, Ruby, S, Samp, Script, Search, Section, Select, Semantics,
    Slot, Small, Source, Span, Strike, Strong, Style, Sub, Summary, Sup, Svg, Table, Tbody, Td, Template, Textarea, Tfoot, Th, Thead, Time, Title, Tr, Track, Tt, U, Ul, Var, Video, Wbr, Xmp,
}

/// <summary>How an element is parsed and laid out.</summary>
[Flags]
internal enum TagKind : ushort
{
    None = 0,

    /// <summary>Has no content and no end tag.</summary>
    Void = 1,

    /// <summary>Begins a new line.</summary>
    Block = 2,

    /// <summary>Its content is characters up to its own end tag, no markup.</summary>
    Raw = 4,

    /// <summary>Neither it nor what it holds is read by people as part of the text.</summary>
    Unread = 8,

    /// <summary>Its start closes an open paragraph.</summary>
    ClosesParagraph = 16,

    /// <summary>End tags inside it do not reach beyond it.</summary>
    Scope = 32,

    /// <summary>A heading.</summary>
    Heading = 64,

    /// <summary>May stand in the head of a page.</summary>
    InHead = 128,

    /// <summary>Can hold a page's main content.</summary>
    Container = 256,

    /// <summary>Formatting within a line: its end tag does not close blocks.</summary>
    Formatting = 512,

    /// <summary>Class names on it say what it is for.</summary>
    Marked = 1024,
}
