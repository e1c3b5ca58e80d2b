//! The elements that extraction tells apart.

/// An element, as far as extraction cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// `<a>`
    A,
    /// `<area>`
    Area,
    /// `<base>`
    Base,
    /// An element that starts a new line: it parts words, and ends foreign content.
    Block,
    /// `<frame>`
    Frame,
    /// `<iframe>`
    Iframe,
    /// `<img>`
    Img,
    /// `<link>`
    Link,
    /// `<math>`
    Math,
    /// `<meta>`
    Meta,
    /// `<noembed>`
    Noembed,
    /// `<noscript>`
    Noscript,
    /// Any other element.
    Other,
    /// `<plaintext>`
    Plaintext,
    /// `<script>`
    Script,
    /// `<source>`
    Source,
    /// `<style>`
    Style,
    /// `<svg>`
    Svg,
    /// `<template>`
    Template,
    /// `<textarea>`
    Textarea,
    /// `<title>`
    Title,
    /// `<xmp>`
    Xmp,
}

/// No known element has a longer name.
const LONGEST: usize = 10;

impl Tag {
    /// The element with this name, in any case of letters.
    pub(super) fn named(name: &[u8]) -> Self {
        let mut lower = [0_u8; LONGEST];
        let Some(lower) = lower.get_mut(..name.len()) else {
            return Self::Other;
        };
        for (to, from) in lower.iter_mut().zip(name) {
            *to = from.to_ascii_lowercase();
        }
        match &*lower {
            b"a" => Self::A,
            b"area" => Self::Area,
            b"base" => Self::Base,
            b"frame" => Self::Frame,
            b"iframe" => Self::Iframe,
            b"img" | b"image" => Self::Img,
            b"link" => Self::Link,
            b"math" => Self::Math,
            b"meta" => Self::Meta,
            b"noembed" => Self::Noembed,
            b"noscript" => Self::Noscript,
            b"plaintext" => Self::Plaintext,
            b"script" => Self::Script,
            b"source" => Self::Source,
            b"style" => Self::Style,
            b"svg" => Self::Svg,
            b"template" => Self::Template,
            b"textarea" => Self::Textarea,
            b"title" => Self::Title,
            b"xmp" => Self::Xmp,
            b"article" | b"aside" | b"blockquote" | b"body" | b"br" | b"center" | b"dd"
            | b"div" | b"dl" | b"dt" | b"figcaption" | b"figure" | b"footer" | b"h1" | b"h2"
            | b"h3" | b"h4" | b"h5" | b"h6" | b"head" | b"header" | b"hr" | b"li" | b"main"
            | b"menu" | b"nav" | b"ol" | b"p" | b"pre" | b"section" | b"table" | b"td" | b"th"
            | b"tr" | b"ul" => Self::Block,
            _ => Self::Other,
        }
    }

    /// Its name, for those whose content is raw text; else empty.
    pub(super) fn raw_name(self) -> &'static [u8] {
        match self {
            Self::Iframe => b"iframe",
            Self::Noembed => b"noembed",
            Self::Script => b"script",
            Self::Style => b"style",
            Self::Textarea => b"textarea",
            Self::Title => b"title",
            Self::Xmp => b"xmp",
            _ => b"",
        }
    }
}

/// Does this element start a new line, so that it parts words?
pub(in crate::domain) fn parts_words(name: &str) -> bool {
    Tag::named(name.as_bytes()) == Tag::Block
}
