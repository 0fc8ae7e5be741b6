namespace Athanor.Data.Extraction;

/// <summary>What the class, id, role and itemprop of an element say that it is for.</summary>
[Flags]
internal enum Mark : uint
{
    None = 0,

    /// <summary>The text of an article: <c>entry-content</c>, <c>articleBody</c>.</summary>
    ArticleBody = 1,

    /// <summary>An article with what belongs to it.</summary>
    Article = 2,

    /// <summary>The content of a page: <c>content</c>, <c>page-content</c>.</summary>
    Content = 4,

    /// <summary>The main part of a page.</summary>
    Main = 8,

    /// <summary>Navigation, menus, breadcrumbs, page numbers.</summary>
    Navigation = 16,

    /// <summary>The foot of a page.</summary>
    Footer = 32,

    /// <summary>What stands beside the content.</summary>
    Sidebar = 64,

    /// <summary>Sharing and following.</summary>
    Share = 128,

    /// <summary>Comments of readers and the form for them.</summary>
    Comments = 256,

    /// <summary>Links to other articles.</summary>
    Related = 512,

    /// <summary>Advertising.</summary>
    Advert = 1024,

    /// <summary>Consent to cookies.</summary>
    Consent = 2048,

    /// <summary>Author, date, categories and the like.</summary>
    Byline = 4096,

    /// <summary>Beginnings of other articles.</summary>
    Teaser = 8192,

    /// <summary>Windows above the page.</summary>
    Popup = 16384,

    /// <summary>Newsletters, log-in, subscriptions, buttons and other things to operate.</summary>
    Interface = 32768,

    /// <summary>Not shown, or not printed.</summary>
    Unseen = 65536,

    /// <summary>Captions of pictures.</summary>
    Caption = 1 << 17,

    /// <summary>Line numbers beside code.</summary>
    LineNumbers = 1 << 18,

    /// <summary>A formula, set once more for the eye.</summary>
    RenderedMath = 1 << 19,

    /// <summary>The header of the page.</summary>
    Header = 1 << 20,

    /// <summary>Any that speaks for leaving the element out.</summary>
    Boilerplate = Navigation | Footer | Sidebar | Share | Comments | Related | Advert | Consent | Byline | Teaser | Popup | Interface | Unseen,
}
